// One [[entitlement]] of a policy file: from a TOML table to the core's word for it, with every rule that the
// file alone can break.
#pragma once

#include "config/toml_reader.hpp"
#include "core/entitlement.hpp"

#include <optional>

namespace stint::config {

inline constexpr Seconds longest_grant = std::chrono::hours{24};          ///< no policy may lend for longer
inline constexpr Seconds longest_review = std::chrono::hours{72};
inline constexpr Seconds longest_pending = std::chrono::days{30};
inline constexpr int most_approvals_in_stage = 20;

/// nullopt when it has not even a name that can be used; anything else wrong is in the reader's faults, and the value is
/// then not to be used either. `number` is its place in the file, from 1.
[[nodiscard]] std::optional<Entitlement> read_entitlement(TableReader& reader, std::size_t number, const Roles& roles, PolicySource& source);

}  // namespace stint::config
