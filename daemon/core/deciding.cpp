// Approve, deny, cancel: the rules of people (nobody decides on their own request, nobody counts twice).
#include "core/deciding.hpp"

#include "core/filing.hpp"

#include <algorithm>

namespace stint {

namespace {

struct Decidable {
    Request request;
    const Entitlement* entitlement;
    std::vector<Approval> approvals;
};

/// The request this person may decide on at its open stage, or the first rule against it.
Result<Decidable> decidable(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id, const Now& now) {
    const auto request = ledger.request(id);
    if (!request) return Refusal{RefusalCode::request_unknown, {}};
    const Entitlement* entitlement = policy.find(request->entitlement);
    if (!may_see(*request, entitlement, policy.roles, facts.person, facts.groups)) return Refusal{RefusalCode::request_unknown, {}};
    if (request->requester.id == facts.person.ref.id) return Refusal{RefusalCode::approver_is_requester, {}};
    auto approvals = ledger.approvals(id);
    const bool has_decided = std::any_of(approvals.begin(), approvals.end(), [&](const Approval& approval) {
        return approval.approver.id == facts.person.ref.id;
    });
    if (has_decided) return Refusal{RefusalCode::approver_already_decided, {}};
    if (request->state != RequestState::pending || request->lapses_at <= now.utc) return Refusal{RefusalCode::request_not_pending, {}};
    if (entitlement == nullptr) return Refusal{RefusalCode::policy_changed, {}};
    if (!facts.person.is_enabled) return Refusal{RefusalCode::caller_disabled, {}};
    if (!may_approve(*entitlement, request->stage, request->is_escalated, facts.person, facts.groups)) {
        return Refusal{RefusalCode::approver_not_eligible, {}};
    }
    return Decidable{*request, entitlement, std::move(approvals)};
}

/// The last stage is complete: the grant opens from here on, within the time the policy leaves for it.
void approved(Transition& transition, const Request& request, const Entitlement& entitlement, const EventHeader& header, const Now& now) {
    const Utc start = std::max(request.start_at.value_or(now.utc), now.utc);
    const Utc lapses_at = request.kind == RequestKind::extension ? request.lapses_at : start + entitlement.pending_for;
    transition.add(header, RequestApproved{lapses_at});
    if (start > now.utc) transition.effects.push_back(NotifyPeople{NoticeKind::approved, request.id, {}, {request.requester}, {}});
}

}  // namespace

Result<Transition> approve(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id, const Approve& command,
                           const Now& now) {
    const auto found = decidable(ledger, policy, facts, id, now);
    if (!found) return found.refusal();
    const auto& [request, entitlement, approvals] = found.value();
    if (command.shortened_to && *command.shortened_to < Seconds(1)) return Refusal{RefusalCode::duration_not_valid, {}};
    if (command.shortened_to && *command.shortened_to > request.duration) return Refusal{RefusalCode::duration_exceeds_request, {}};

    EventHeader header = header_of(request, facts.actor);
    header.policy = policy.hash;
    Transition transition;
    transition.add(header, ApprovalGiven{request.stage, command.shortened_to, facts.person.ref, command.comment});
    const auto given = std::count_if(approvals.begin(), approvals.end(),
                                     [&](const Approval& approval) { return approval.is_approval && approval.stage == request.stage; });
    const ApprovalStage& stage = entitlement->stages[static_cast<std::size_t>(request.stage)];
    if (given + 1 < stage.count) return transition;
    header.actor = broker_actor("policy");
    const int next = request.stage + 1;
    if (static_cast<std::size_t>(next) == entitlement->stages.size()) {
        approved(transition, request, *entitlement, header, now);
        return transition;
    }
    std::vector<PersonId> decided{request.requester.id, facts.person.ref.id};
    for (const Approval& approval : approvals) decided.push_back(approval.approver.id);
    transition.add(header, StageOpened{next});
    transition.effects.push_back(
        NotifyPeople{NoticeKind::approval_wanted, id, approvers_of(*entitlement, next, false), {}, std::move(decided)});
    return transition;
}

Result<Transition> deny(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id, const Deny& command,
                        const Now& now) {
    const auto found = decidable(ledger, policy, facts, id, now);
    if (!found) return found.refusal();
    if (command.comment.find_first_not_of(' ') == std::string::npos) return Refusal{RefusalCode::reason_required, {}};
    const Request& request = found.value().request;
    Transition transition;
    transition.add(header_of(request, facts.actor), RequestDenied{request.stage, facts.person.ref, command.comment});
    transition.effects.push_back(NotifyPeople{NoticeKind::denied, id, {}, {request.requester}, {}});
    return transition;
}

Result<Transition> cancel(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id, const std::string& comment) {
    const auto request = ledger.request(id);
    if (!request) return Refusal{RefusalCode::request_unknown, {}};
    const Entitlement* entitlement = policy.find(request->entitlement);
    if (!may_see(*request, entitlement, policy.roles, facts.person, facts.groups)) return Refusal{RefusalCode::request_unknown, {}};
    const bool is_requester = request->requester.id == facts.person.ref.id;
    const auto grant = ledger.grant(id);
    const bool is_grant_open = grant && is_open(grant->state);
    const bool may_stop = (request->state == RequestState::approved || is_grant_open) &&
                          may_revoke(entitlement, policy.roles, facts.person, facts.groups);
    if (!is_requester && !may_stop) return Refusal{RefusalCode::not_permitted, {}};
    if (is_grant_open) return Refusal{RefusalCode::grant_already_open, is_requester ? "it is yours to release" : "it is yours to revoke"};
    if (has_ended(request->state)) return Refusal{RefusalCode::request_ended, {}};
    Transition transition;
    transition.add(header_of(*request, facts.actor), RequestCancelled{comment});
    if (!is_requester) transition.effects.push_back(NotifyPeople{NoticeKind::refused, id, {}, {request->requester}, {}});
    return transition;
}

}  // namespace stint
