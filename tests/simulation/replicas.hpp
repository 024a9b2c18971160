// Two servers of one directory that hold the same memberships and bring each other up to date in their own time: the
// later change wins. It remembers by whose hand each entry came to be.
#pragma once

#include "core/time.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace stint::simulation {

using Pair = std::pair<std::string, std::string>;  ///< (group, login)

enum class Hand { broker, human };

struct Entry {
    bool is_present = false;
    Hand hand = Hand::human;        ///< who put the person in
    bool is_told = false;           ///< the broker was told that this entry is there
    std::int64_t change = 0;        ///< the larger the later
};

class Replicas {
public:
    static constexpr std::size_t servers = 2;

    /// True when it changed an entry. An addition of what is there, and a removal of what is not, change nothing, here or
    /// anywhere else.
    bool write(std::size_t server, const Pair& pair, bool is_add, Hand hand, BootTime now);
    [[nodiscard]] Entry entry(std::size_t server, const Pair& pair) const;
    /// What all of them will show once they have caught up.
    [[nodiscard]] Entry settled(const Pair& pair) const;
    [[nodiscard]] std::vector<Pair> pairs() const;
    /// The broker has learnt what this server shows.
    void told(std::size_t server, const Pair& pair);

    /// How long a change takes from one to another, from now on.
    void set_lag(BootTime lag) { lag_ = lag; }
    /// Changes arrive whose time has come.
    void catch_up(BootTime now);

private:
    struct Change {
        BootTime at{};
        std::size_t to = 0;
        Pair pair;
        Entry entry;
    };
    std::array<std::map<Pair, Entry>, servers> entries_;
    std::vector<Change> under_way_;
    BootTime lag_{};
    std::int64_t last_change_ = 0;
};

}  // namespace stint::simulation
