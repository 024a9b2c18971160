// The physical limits: the same slapd through libldap alone, and durable SQLite commits alone. As little as can be
// done between the program and the two servers; what stint does more is what the ratios show.
#pragma once

#include "tests/contract/slapd.hpp"

#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace stint::bench {

/// One person in one group, by DN.
struct Pair {
    std::string group, person;
};

/// A connection of the broker's account over LDAPS. Everything throws std::runtime_error.
class RawDirectory {
public:
    explicit RawDirectory(const testing::Slapd& slapd);
    ~RawDirectory();
    RawDirectory(const RawDirectory&) = delete;
    RawDirectory& operator=(const RawDirectory&) = delete;

    void add(const Pair& pair);
    void remove(const Pair& pair);
    [[nodiscard]] bool has(const Pair& pair);
    /// All of them, at most `window` in flight.
    void add_all(const std::vector<Pair>& list, std::size_t window);
    void read_all(const std::vector<Pair>& list, std::size_t window);

private:
    [[nodiscard]] int send_modify(const Pair& pair, int operation);
    [[nodiscard]] int send_read(const Pair& pair);
    /// Waits for one result; its code.
    [[nodiscard]] int one_result();
    template <class Send>
    void pipeline(const std::vector<Pair>& list, std::size_t window, Send send);

    struct ldap* handle_ = nullptr;
    bool has_entry_ = false;  ///< the last search found something
};

/// One row a commit, as durable as the broker's (WAL, synchronous=FULL).
class RawCommits {
public:
    explicit RawCommits(const std::string& file);
    ~RawCommits();
    RawCommits(const RawCommits&) = delete;
    RawCommits& operator=(const RawCommits&) = delete;
    void commit();

private:
    sqlite3* db_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
};

}  // namespace stint::bench
