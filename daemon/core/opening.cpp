// At the moment of opening everything is judged again: the policy of now, the people of now, the ticket of now.
#include "core/opening.hpp"

#include "core/joining.hpp"

#include <algorithm>
#include <set>

namespace stint {

namespace {

using Fault = std::optional<Refusal>;

Fault approvals_fault(const Ledger& ledger, const Request& request, const Entitlement& entitlement, const OpeningFacts& facts) {
    const auto approvals = ledger.approvals(request.id);
    for (std::size_t stage = 0; stage < entitlement.stages.size(); ++stage) {
        const int number = static_cast<int>(stage);
        const int wanted = entitlement.stages[stage].count;
        if (standing_approvals(entitlement, number, approvals, facts.approvers, request.requester.id, facts.groups) >= wanted) continue;
        const auto given = std::count_if(approvals.begin(), approvals.end(), [number](const Approval& approval) {
            return approval.is_approval && approval.stage == number;
        });
        return Refusal{given >= wanted ? RefusalCode::approval_withdrawn : RefusalCode::policy_changed, {}};
    }
    return std::nullopt;
}

Fault requester_fault(const Request& request, const Entitlement& entitlement, const OpeningFacts& facts) {
    if (!facts.requester.is_enabled) return Refusal{RefusalCode::requester_disabled, {}};
    if (request.kind == RequestKind::break_glass) {
        if (!entitlement.break_glass) return Refusal{RefusalCode::policy_changed, {}};
        if (!is_in_any(facts.requester, entitlement.break_glass->requesters, facts.groups)) {
            return Refusal{RefusalCode::break_glass_not_allowed, {}};
        }
        if (request.duration > entitlement.break_glass->max) return Refusal{RefusalCode::policy_changed, {}};
        return std::nullopt;
    }
    if (!is_in_any(facts.requester, entitlement.requesters, facts.groups)) return Refusal{RefusalCode::not_eligible, {}};
    if (request.duration > entitlement.duration.max) return Refusal{RefusalCode::policy_changed, {}};
    return std::nullopt;
}

/// Fewer groups than were asked for may be lent, never others: nobody agreed to those. Where the record does not say which
/// they were, the policy must be the one they were asked for under.
Fault groups_fault(const Request& request, const Policy& policy, const Entitlement& entitlement) {
    if (request.kind != RequestKind::request) return std::nullopt;
    const bool is_among = std::all_of(entitlement.groups.begin(), entitlement.groups.end(), [&](const GroupName& group) {
        return std::find(request.lends.begin(), request.lends.end(), group.value) != request.lends.end();
    });
    if (request.lends.empty() ? request.policy == policy.hash : is_among) return std::nullopt;
    return Refusal{RefusalCode::policy_changed, {}};
}

/// Everything that is judged for a break-glass and an ordinary request alike, and what only the latter must stand.
Fault fault_now(const Ledger& ledger, const Policy& policy, const Request& request, const OpeningFacts& facts) {
    const Entitlement* found = policy.find(request.entitlement);
    if (found == nullptr) return Refusal{RefusalCode::policy_changed, {}};
    const Entitlement& entitlement = *found;
    if (auto fault = requester_fault(request, entitlement, facts)) return fault;
    if (request.kind == RequestKind::break_glass) return std::nullopt;
    if (auto fault = groups_fault(request, policy, entitlement)) return fault;
    if (auto fault = approvals_fault(ledger, request, entitlement, facts)) return fault;
    if (ledger.has_overdue_review(request.requester.id)) return Refusal{RefusalCode::review_overdue, {}};
    if (auto fault = stuck_fault(ledger, facts.readings)) return fault;
    return ticket_fault(entitlement, facts.ticket, facts.requester.ref.login);
}

bool must_wait(const Ledger& ledger, const Request& request, const OpeningFacts& facts, const Now& now) {
    // In an emergency the patient does not wait for a clock: the time since boot ends the grant all the same.
    if (facts.is_clock_behind && request.kind != RequestKind::break_glass) return true;
    return std::any_of(facts.readings.begin(), facts.readings.end(), [&](const Reading& reading) {
        const auto membership = ledger.membership_of(reading.group.id, facts.requester.ref.id);
        return joining(ledger, membership, reading, now) == Joining::unsettled;
    });
}

void hold_memberships(const Ledger& ledger, Transition& transition, EventHeader header, const OpeningFacts& facts,
                      const Now& now) {
    header.actor = broker_actor("directory");
    std::int64_t next = ledger.next_membership().value;
    std::set<GroupId> groups;
    for (const Reading& reading : facts.readings) {
        if (!groups.insert(reading.group.id).second) continue;  // one group under two names
        const auto known = ledger.membership_of(reading.group.id, facts.requester.ref.id);
        const MembershipId id = known ? known->id : MembershipId{next++};
        const bool is_fresh = joining(ledger, known, reading, now) == Joining::fresh;
        if (is_fresh) transition.add(header, MembershipOpened{id, "main", reading.group, facts.requester.ref, false});
        transition.add(header, MembershipHeld{id});
        if (is_fresh) transition.add(header, MembershipIntended{id, Operation::add});
    }
}

Opening extend_grant(const Ledger& ledger, const Request& request, const Entitlement& entitlement, const Now& now) {
    const auto grant = ledger.grant(request.extends.value_or(RequestId{}));
    if (!grant || !is_open(grant->state) || has_passed(grant->not_after, now)) {
        return {Opening::Outcome::refused, refuse(request, Refusal{RefusalCode::extension_too_late, {}})};
    }
    if (grant->is_extended) return {Opening::Outcome::refused, refuse(request, Refusal{RefusalCode::grant_already_extended, {}})};
    // What is left of the grant, and the extension on top; the entitlement's maximum bounds what lies ahead, as it
    // would for a new request approved now.
    const auto left = std::chrono::floor<Seconds>(time_left(grant->not_after, now));
    EventHeader header = header_of(request, broker_actor("policy"));
    header.grant = grant->id;
    Opening opening{Opening::Outcome::opened, {}};
    opening.transition.add(header, GrantExtended{deadline_after(now, std::min(left + request.duration, entitlement.duration.max))});
    opening.transition.effects.push_back(NotifyPeople{NoticeKind::approved, request.id, {}, {request.requester}, {}});
    return opening;
}

}  // namespace

Transition refuse(const Request& request, const Refusal& refusal) {
    Transition transition;
    transition.add(header_of(request, broker_actor("policy")), RequestRefused{std::string(to_text(refusal.code))});
    transition.effects.push_back(NotifyPeople{NoticeKind::refused, request.id, {}, {request.requester}, {}});
    return transition;
}

Opening open_grant(const Ledger& ledger, const Policy& policy, const OpeningFacts& facts, RequestId id, const Now& now) {
    const auto request = ledger.request(id);
    if (!request || request->state != RequestState::approved) return {};
    if (request->start_at && *request->start_at > now.utc) return {};
    if (request->lapses_at <= now.utc) return {};
    const Entitlement* entitlement = policy.find(request->entitlement);
    if (auto fault = fault_now(ledger, policy, *request, facts)) {
        // A ticket system that cannot be asked just now is no verdict: the request waits for it, within its time.
        if (fault->code == RefusalCode::ticket_unreachable) return {};
        return {Opening::Outcome::refused, refuse(*request, *fault)};
    }
    if (must_wait(ledger, *request, facts, now)) return {};
    if (request->kind == RequestKind::extension) {
        return extend_grant(ledger, *request, *entitlement, now);
    }
    if (facts.readings.size() != entitlement->groups.size()) {
        return {Opening::Outcome::refused, refuse(*request, Refusal{RefusalCode::group_unknown, {}})};
    }

    EventHeader header = header_of(*request, broker_actor("policy"));
    header.policy = policy.hash;
    // One that was only typed when it was filed is named from here on, when the ticket system shows it now.
    if (facts.ticket.sight == TicketSight::seen) header.ticket = request->ticket;
    for (const Reading& reading : facts.readings) {
        const auto standing = standing_as(ledger, facts.requester, reading, now);
        if (!standing) continue;
        Opening opening{Opening::Outcome::refused, refuse(*request, standing_refusal(*standing))};
        find_standing(ledger, opening.transition, header, reading.group, *standing);
        return opening;
    }
    header.grant = request->id;
    Opening opening{Opening::Outcome::opened, {}};
    opening.transition.add(header, GrantOpened{deadline_after(now, request->duration), request->kind == RequestKind::break_glass,
                                               request->is_attached});
    hold_memberships(ledger, opening.transition, header, facts, now);
    return opening;
}

}  // namespace stint
