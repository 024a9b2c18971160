// RAII over SQLite's C interface: a connection, cached statements, and faults as exceptions. It knows no table.
// One connection belongs to one thread; nothing here locks.
#pragma once

#include "core/id.hpp"
#include "core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace stint {

/// One run of a prepared statement: bind in order, step, read columns in order. Resets the statement at its end.
class Query {
public:
    Query(Query&& other) noexcept;
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    Query& operator=(Query&&) = delete;
    ~Query();

    Query& bind(std::int64_t value);
    Query& bind(std::string_view text);
    Query& bind(std::span<const std::byte> bytes);
    Query& bind_null();
    template <class T>
    Query& add(const T& value);       ///< binds any of the core's small types
    [[nodiscard]] bool has_unbound() const;

    /// The next row, or false when there is none. Throws StoreFault.
    bool step();
    /// For a statement that answers no rows.
    void run();

    [[nodiscard]] bool is_null() const;        ///< of the column to be read next
    [[nodiscard]] std::int64_t integer();
    [[nodiscard]] std::string text();
    void bytes(std::span<std::byte> into);     ///< throws StoreFault when the column has another size
    template <class T>
    [[nodiscard]] T get();            ///< reads any of the core's small types
    void skip() { ++column_; }

private:
    friend class Db;
    Query(sqlite3* db, sqlite3_stmt* statement, bool* in_use) : db_(db), statement_(statement), in_use_(in_use) {}
    sqlite3* db_;
    sqlite3_stmt* statement_;
    bool* in_use_;                    ///< the cache's mark; nullptr: this query owns its statement
    int next_ = 1, column_ = 0;
};

class Db {
public:
    enum class Access { read_write, read_only };
    /// Throws StoreFault. With read_write the file is made when it is not there (0600).
    Db(const std::filesystem::path& path, Access access);
    ~Db();
    Db(const Db&) = delete;
    Db& operator=(const Db&) = delete;

    /// The statement for `sql` (a literal: prepared once and kept), its parameters bound in order.
    template <class... Args>
    [[nodiscard]] Query query(std::string_view sql, const Args&... args) {
        Query query = cached(sql);
        (query.add(args), ...);
        return query;
    }
    /// For SQL that is composed at run time: prepared for this one use.
    [[nodiscard]] Query once(const std::string& sql);
    template <class... Args>
    void run(std::string_view sql, const Args&... args) { query(sql, args...).run(); }
    /// The one integer that `sql` answers; 0 for NULL or no row.
    template <class... Args>
    [[nodiscard]] std::int64_t number(std::string_view sql, const Args&... args) {
        Query query = this->query(sql, args...);
        return query.step() ? query.integer() : 0;
    }
    /// Runs a script of statements that answer nothing.
    void script(const std::string& sql);

    [[nodiscard]] std::int64_t changes() const noexcept;  ///< rows the last statement changed
    [[nodiscard]] bool has_transaction() const noexcept;
    /// Pages in the write-ahead log after the last commit.
    [[nodiscard]] int wal_pages() const noexcept { return wal_pages_; }
    /// Moves what it can from the write-ahead log into the database; never waits. False when it could not.
    bool checkpoint() noexcept;

private:
    struct Cached {
        sqlite3_stmt* statement = nullptr;
        bool in_use = false;
    };
    [[nodiscard]] Query cached(std::string_view sql);
    [[nodiscard]] sqlite3_stmt* prepared(std::string_view sql, bool is_kept);
    void close() noexcept;

    sqlite3* db_ = nullptr;
    std::unordered_map<std::string_view, Cached> statements_;
    int wal_pages_ = 0;
};

/// Throws a StoreFault that says what SQLite says of the connection's last error.
[[noreturn]] void fail(sqlite3* db, int code, std::string_view doing);

template <class T> inline constexpr bool is_optional = false;
template <class T> inline constexpr bool is_optional<std::optional<T>> = true;
template <class T> inline constexpr bool is_id = false;
template <class Tag> inline constexpr bool is_id<Id<Tag>> = true;
template <class T> inline constexpr bool is_text_id = false;
template <class Tag> inline constexpr bool is_text_id<Text<Tag>> = true;

template <class T>
Query& Query::add(const T& value) {
    if constexpr (is_optional<T>) return value ? add(*value) : bind_null();
    else if constexpr (is_id<T>) return bind(value.value);
    else if constexpr (is_text_id<T>) return bind(std::string_view(value.value));
    else if constexpr (std::is_same_v<T, Utc>) return bind(std::int64_t{value.time_since_epoch().count()});
    else if constexpr (std::is_same_v<T, Seconds> || std::is_same_v<T, BootTime>) return bind(std::int64_t{value.count()});
    else if constexpr (std::is_integral_v<T>) return bind(static_cast<std::int64_t>(value));
    else return bind(value);
}

template <class T>
T Query::get() {
    if constexpr (is_optional<T>) {
        if (!is_null()) return get<typename T::value_type>();
        skip();
        return std::nullopt;
    } else if constexpr (is_id<T>) return T{integer()};
    else if constexpr (is_text_id<T>) return T{text()};
    else if constexpr (std::is_same_v<T, Utc>) return Utc{std::chrono::microseconds{integer()}};
    else if constexpr (std::is_same_v<T, Seconds> || std::is_same_v<T, BootTime>) return T{integer()};
    else if constexpr (std::is_same_v<T, bool>) return integer() != 0;
    else if constexpr (std::is_integral_v<T>) return static_cast<T>(integer());
    else return text();
}

}  // namespace stint
