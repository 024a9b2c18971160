// Judging an approved request once more at the moment its grant opens, by what the world says now. Pure.
#pragma once

#include "core/filing.hpp"

#include <map>

namespace stint {

/// The world at the moment of opening.
struct OpeningFacts {
    Person requester;
    std::map<PersonId, Person> approvers;  ///< by id; those the directory no longer knows are missing
    GroupIndex groups;
    TicketFacts ticket;
    std::vector<Reading> readings;         ///< one for each of the entitlement's groups
    bool is_clock_behind = false;
};

struct Opening {
    enum class Outcome {
        opened,   ///< the transition opens the grant (or lengthens it)
        refused,  ///< the transition ends the request: a rule forbids it now
        later,    ///< nothing to commit: not now, try again (clock behind, a membership still settling)
    };
    Outcome outcome = Outcome::later;
    Transition transition;
};

[[nodiscard]] Opening open_grant(const Ledger& ledger, const Policy& policy, const OpeningFacts& facts, RequestId id, const Now& now);

/// Ends an approved request that a rule now forbids.
[[nodiscard]] Transition refuse(const Request& request, const Refusal& refusal);

}  // namespace stint
