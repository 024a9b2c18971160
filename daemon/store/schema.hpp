// The database's shape and identity: numbered migrations, and what makes a file one of ours.
#pragma once

#include "store/db.hpp"

#include <span>
#include <string_view>

namespace stint {

/// "STNT", in the header of the file: other databases are refused.
inline constexpr std::int64_t application_id = 0x53544E54;

struct Migration {
    int number;              ///< from 1, without gaps; `user_version` after it
    std::string_view name;
    std::string_view sql;
};

/// schema/NNNN_*.sql, in order.
[[nodiscard]] std::span<const Migration> migrations();

/// Throws StoreFault unless the file is empty or a database of ours, no newer than `newest`.
void check_identity(Db& db, int newest);
/// Brings the database to the last of `steps`, each step in a transaction of its own. Throws StoreFault.
void migrate(Db& db, std::span<const Migration> steps);
/// Throws StoreFault when the file is damaged. A database of more than 64 MiB is not read whole at every start: there
/// damage shows when it is met, or to `stintd check --replay`.
void check_for_damage(Db& db);

}  // namespace stint
