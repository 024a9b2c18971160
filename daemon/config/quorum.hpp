// Can these stages be filled, each person counting once over all of them? Distinct representatives by
// augmenting paths. Pure; knows persons by id only.
#pragma once

#include "core/id.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <vector>

namespace stint::config {

struct Seats {
    std::set<PersonId> pool;  ///< who may sit here
    std::size_t count = 1;    ///< how many have to
};

/// The first stage (from 0) that cannot be filled together with those before it when `excluded` may not sit
/// anywhere; nullopt when all can.
[[nodiscard]] std::optional<std::size_t> first_unfilled(const std::vector<Seats>& stages, const std::optional<PersonId>& excluded);

/// The persons whose exclusion could matter: members of a stage that is not filled whoever is left out.
/// For everybody else `first_unfilled` answers as it does for nobody.
[[nodiscard]] std::set<PersonId> critical_persons(const std::vector<Seats>& stages);

}  // namespace stint::config
