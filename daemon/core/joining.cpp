// One reading, four meanings.
#include "core/joining.hpp"

namespace stint {

namespace {

/// It was proved absent after this was asked for: who was seen there may have been so by a grant that has ended since. A
/// proof of the future is one by a clock that was set back: it says nothing.
bool is_overtaken(const Reading& reading, const Membership& membership, const Now& now) {
    return membership.removed_at && *membership.removed_at >= reading.asked_at && *membership.removed_at <= now.utc;
}

}  // namespace

Joining joining(const Ledger& ledger, const std::optional<Membership>& membership, const Reading& reading, const Now& now) {
    const bool is_quiet = !membership || (!membership->intent && ledger.holders(membership->id).empty());
    if (!is_quiet) return Joining::shared;
    if (!reading.is_present) return Joining::fresh;
    const bool may_be_ours = membership && (may_be_ours_late(*membership, now) || is_overtaken(reading, *membership, now));
    return may_be_ours ? Joining::unsettled : Joining::standing;
}

void find_standing(const Ledger& ledger, Transition& transition, EventHeader header, const Reading& reading, const PersonId& person) {
    if (ledger.open_finding(FindingKind::standing_member, reading.group.id, person, std::nullopt)) return;
    header.request = {};
    const FindingId id = ledger.next_finding();
    transition.add(header, FindingSeen{id, FindingKind::standing_member, reading.group.id, reading.group.name, person});
    transition.effects.push_back(NotifyPeople{NoticeKind::finding, {}, {}, {}, {}, id});
}

}  // namespace stint
