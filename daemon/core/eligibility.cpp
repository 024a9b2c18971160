// Who may ask, decide and review. Pure questions.
#include "core/eligibility.hpp"

#include <algorithm>

namespace stint {

std::optional<Refusal> ticket_fault(const Entitlement& entitlement, const TicketFacts& facts, const Login& requester) {
    if (!entitlement.ticket) return std::nullopt;
    const TicketRule& rule = *entitlement.ticket;
    switch (facts.sight) {
    case TicketSight::not_asked: return Refusal{RefusalCode::ticket_required, {}};
    case TicketSight::unknown: return Refusal{RefusalCode::ticket_unknown, {}};
    case TicketSight::unreachable:
        if (rule.when_unreachable == WhenUnreachable::allow) return std::nullopt;
        return Refusal{RefusalCode::ticket_unreachable, {}};
    case TicketSight::seen: break;
    }
    const Ticket& ticket = facts.ticket;
    const bool is_in_state = rule.states.empty() ? !ticket.is_closed
                                                 : std::find(rule.states.begin(), rule.states.end(), ticket.state) != rule.states.end();
    if (!is_in_state) return Refusal{RefusalCode::ticket_closed, {}};
    if (rule.must_be_assigned_to_requester && ticket.assignee != requester) return Refusal{RefusalCode::ticket_not_yours, {}};
    return std::nullopt;
}

std::vector<GroupName> approvers_of(const Entitlement& entitlement, int stage, bool is_escalated) {
    if (stage < 0 || static_cast<std::size_t>(stage) >= entitlement.stages.size()) return {};
    const ApprovalStage& rule = entitlement.stages[static_cast<std::size_t>(stage)];
    std::vector<GroupName> groups = rule.from;
    if (is_escalated) groups.insert(groups.end(), rule.escalate_to.begin(), rule.escalate_to.end());
    return groups;
}

bool may_approve(const Entitlement& entitlement, int stage, bool is_escalated, const Person& person, const GroupIndex& index) {
    return person.is_enabled && is_in_any(person, approvers_of(entitlement, stage, is_escalated), index);
}

int standing_approvals(const Entitlement& entitlement, int stage, const std::vector<Approval>& approvals,
                       const std::map<PersonId, Person>& people, const PersonId& requester, const GroupIndex& index) {
    return static_cast<int>(std::count_if(approvals.begin(), approvals.end(), [&](const Approval& approval) {
        if (!approval.is_approval || approval.stage != stage || approval.approver.id == requester) return false;
        const auto person = people.find(approval.approver.id);
        // Whoever was asked by an escalation still counts after it: the stage's wider circle is the measure here.
        return person != people.end() && may_approve(entitlement, stage, true, person->second, index);
    }));
}

namespace {

bool is_approver(const Entitlement* entitlement, const Person& person, const GroupIndex& index) {
    if (entitlement == nullptr) return false;
    for (std::size_t stage = 0; stage < entitlement->stages.size(); ++stage) {
        if (is_in_any(person, approvers_of(*entitlement, static_cast<int>(stage), true), index)) return true;
    }
    return false;
}

}  // namespace

bool may_see_all(const Roles& roles, const Person& person, const GroupIndex& index) {
    return is_in_any(person, roles.auditor, index) || is_in_any(person, roles.security, index);
}

bool may_see(const Request& request, const Entitlement* entitlement, const Roles& roles, const Person& person, const GroupIndex& index) {
    if (request.requester.id == person.ref.id) return true;
    if (may_see_all(roles, person, index)) return true;
    if (entitlement == nullptr) return false;
    if (is_approver(entitlement, person, index)) return true;
    return request.kind == RequestKind::break_glass && entitlement->break_glass &&
           is_in_any(person, entitlement->break_glass->reviewers, index);
}

bool may_revoke(const Entitlement* entitlement, const Roles& roles, const Person& person, const GroupIndex& index) {
    return person.is_enabled && (is_in_any(person, roles.security, index) || is_approver(entitlement, person, index));
}

}  // namespace stint
