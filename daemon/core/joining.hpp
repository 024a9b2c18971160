// What a membership that was just read back means for a grant that wants it. Pure; asked when a request is filed and
// again when its grant opens.
#pragma once

#include "core/ledger.hpp"
#include "core/refusal.hpp"
#include "core/time.hpp"
#include "core/transition.hpp"

#include <optional>
#include <string>

namespace stint {

/// A membership as it was read back for this decision.
struct Reading {
    GroupRef group;
    bool is_present = false;
    bool may_be_empty = true;
    std::string server;
    Utc asked_at = Utc::max();   ///< the directory was asked then, and what it said may be over since
};

enum class Joining {
    fresh,      ///< nobody is there and nothing is under way: this reading is the baseline
    shared,     ///< a grant that is not closed, or an operation of ours, explains whatever is there
    standing,   ///< somebody put the person there without a grant: nothing is lent, and nothing is ever taken away
    unsettled,  ///< present, and it may be a write of ours that came true late, or one that was taken back since it was read
};

[[nodiscard]] Joining joining(const Ledger& ledger, const std::optional<Membership>& membership, const Reading& reading, const Now& now);

/// As what the person stands in the group already, by the kind of the finding; nothing where the group may be lent.
[[nodiscard]] std::optional<FindingKind> standing_as(const Ledger& ledger, const Person& person, const Reading& reading, const Now& now);
[[nodiscard]] Refusal standing_refusal(FindingKind standing);
/// Adds the finding about a standing member, under `header`, unless one is open.
void find_standing(const Ledger& ledger, Transition& transition, EventHeader header, const GroupRef& group, FindingKind standing);

}  // namespace stint
