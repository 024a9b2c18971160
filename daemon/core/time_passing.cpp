// Time as a cause: the actor is the clock.
#include "core/time_passing.hpp"

#include "core/closing.hpp"
#include "core/eligibility.hpp"
#include "core/filing.hpp"

#include <algorithm>

namespace stint {

Transition expire(const Ledger& ledger, RequestId id, const Now& now) {
    const auto grant = ledger.grant(id);
    if (!grant || !has_passed(grant->not_after, now)) return {};
    return begin_closing(ledger, *grant, CloseReason::expired, broker_actor("clock"), {});
}

Transition warn_of_end(const Ledger& ledger, RequestId id, const Now& now) {
    Transition transition;
    const auto grant = ledger.grant(id);
    if (!grant || !is_open(grant->state) || grant->is_warned || time_left(grant->not_after, now) > warning_before) return transition;
    transition.add(header_of(ledger, *grant, broker_actor("clock")), GrantWarned{});
    // Who borrowed for less than twice the warning knows the end as well as we do.
    if (grant->not_after.utc - grant->opened_at < 2 * warning_before) return transition;
    transition.effects.push_back(NotifyPeople{NoticeKind::expires_soon, id, {}, {grant->person}, {}});
    return transition;
}

Transition lapse(const Ledger& ledger, RequestId id, const Now& now) {
    Transition transition;
    const auto request = ledger.request(id);
    if (!request || has_ended(request->state) || request->lapses_at > now.utc) return transition;
    transition.add(header_of(*request, broker_actor("clock")), RequestLapsed{});
    transition.effects.push_back(NotifyPeople{NoticeKind::lapsed, id, {}, {request->requester}, {}});
    return transition;
}

Transition nudge(const Ledger& ledger, const Policy& policy, RequestId id, const Now& now) {
    Transition transition;
    const auto request = ledger.request(id);
    if (!request || request->state != RequestState::pending) return transition;
    const Entitlement* entitlement = policy.find(request->entitlement);
    if (entitlement == nullptr || static_cast<std::size_t>(request->stage) >= entitlement->stages.size()) return transition;
    const ApprovalStage& stage = entitlement->stages[static_cast<std::size_t>(request->stage)];
    const EventHeader header = header_of(*request, broker_actor("clock"));
    std::vector<PersonId> decided{request->requester.id};
    for (const Approval& approval : ledger.approvals(id)) decided.push_back(approval.approver.id);
    if (stage.remind_after && !request->is_reminded && now.utc >= request->stage_since + *stage.remind_after) {
        transition.add(header, RequestReminded{});
        transition.effects.push_back(
            NotifyPeople{NoticeKind::approval_reminder, id, approvers_of(*entitlement, request->stage, request->is_escalated), {}, decided});
    }
    if (stage.escalate_after && !request->is_escalated && now.utc >= request->stage_since + *stage.escalate_after) {
        transition.add(header, RequestEscalated{});
        transition.effects.push_back(NotifyPeople{NoticeKind::approval_wanted, id, stage.escalate_to, {}, decided});
    }
    return transition;
}

Transition miss_review(const Ledger& ledger, RequestId id, const Now& now) {
    Transition transition;
    const auto review = ledger.review(id);
    const auto request = ledger.request(id);
    if (!review || !request || review->state != ReviewState::due || review->due_at > now.utc) return transition;
    const EventHeader header = header_of(*request, broker_actor("clock"));
    transition.add(header, ReviewMissed{});
    transition.add(header, FindingSeen{ledger.next_finding(), FindingKind::overdue_review, {}, {}, {}});
    // Who holds a role is asked when it is sent: none may be in force now.
    transition.effects.push_back(NotifyPeople{NoticeKind::review_overdue, id, {}, {request->requester}, {}});
    return transition;
}

std::chrono::microseconds lateness(Utc due_at, const Now& now) {
    return (due_at > now.utc ? std::max(now.utc, now.floor) : now.utc) - due_at;
}

Transition removal_late(const Ledger& ledger, MembershipId id, const Now& now) {
    Transition transition;
    const auto membership = ledger.membership(id);
    if (!membership || !membership->removal_due_at) return transition;
    const auto late = lateness(*membership->removal_due_at, now);
    EventHeader header;
    header.actor = broker_actor("clock");
    header.subject = membership->person.id;
    const auto holders = ledger.holders(id);
    if (!holders.empty()) {
        if (const auto grant = ledger.grant(holders.front())) header = header_of(ledger, *grant, broker_actor("clock"));
    }
    if (!membership->is_overdue && late >= overdue_after) transition.add(header, MembershipOverdue{id});
    if (membership->is_stuck || late < stuck_after) return transition;
    transition.add(header, MembershipStuck{id});
    EventHeader about = header;
    about.request = about.grant = {};
    if (!ledger.open_finding(FindingKind::stuck_removal, membership->group.id, membership->person.id, std::nullopt)) {
        transition.add(about, FindingSeen{ledger.next_finding(), FindingKind::stuck_removal, membership->group.id, membership->group.name,
                                          membership->person.id});
    }
    transition.effects.push_back(NotifyPeople{NoticeKind::stuck, header.request, {}, {}, {}});
    return transition;
}

}  // namespace stint
