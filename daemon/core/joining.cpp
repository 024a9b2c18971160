// One reading, four meanings.
#include "core/joining.hpp"

#include <algorithm>

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

std::optional<FindingKind> standing_as(const Ledger& ledger, const Person& person, const Reading& reading, const Now& now) {
    // A reading knows of nothing but the group's own members: whoever is in it otherwise would be put in, and taken out of
    // it without effect.
    const bool is_indirect = std::any_of(person.indirect_groups.begin(), person.indirect_groups.end(),
                                         [&](const GroupRef& group) { return group.id == reading.group.id; });
    if (is_indirect) return FindingKind::indirect_member;
    const auto membership = ledger.membership_of(reading.group.id, person.ref.id);
    if (joining(ledger, membership, reading, now) == Joining::standing) return FindingKind::standing_member;
    return std::nullopt;
}

Refusal standing_refusal(FindingKind standing) {
    const bool is_indirect = standing == FindingKind::indirect_member;
    return {RefusalCode::already_standing_member, is_indirect ? "by way of another group, or as your primary one: taking you out of it would do nothing" : ""};
}

void find_standing(const Ledger& ledger, Transition& transition, EventHeader header, const GroupRef& group, FindingKind standing) {
    const PersonId person = header.subject;
    if (ledger.open_finding(standing, group.id, person, std::nullopt)) return;
    header.request = {};
    const FindingId id = ledger.next_finding();
    transition.add(header, FindingSeen{id, standing, group.id, group.name, person});
    transition.effects.push_back(NotifyPeople{NoticeKind::finding, {}, {}, {}, {}, id});
}

}  // namespace stint
