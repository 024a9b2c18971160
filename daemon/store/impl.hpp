// What a Store is made of; for the files of this room that implement it.
#pragma once

#include "store/db.hpp"
#include "store/file_lock.hpp"
#include "store/recent.hpp"
#include "store/store.hpp"

#include <vector>

namespace stint {

struct Store::Impl {
    /// What is known of the database without asking it; goes back with a rollback.
    struct Counters {
        std::int64_t last_event = 0;
        std::int64_t grants = 0;
        Utc high_water{};
        Utc last_at{};                  ///< of the last event; it may lie before the high-water mark
    };

    Impl(const std::filesystem::path& path, SaltSource salt_source);
    /// Throws StoreFault when there is no transaction, or SQLite has rolled it back after a fault.
    void must_be_in_transaction() const;

    FileLock lock;
    Db db;
    SaltSource salts;
    std::string instance;               ///< of this database, part of every delivery's key
    Counters counters;
    Recent recent;
    std::int64_t data_version = 0;      ///< SQLite's: another one when another connection has written
    std::vector<Counters> before;       ///< [0]: at begin; then one for each savepoint
};

}  // namespace stint
