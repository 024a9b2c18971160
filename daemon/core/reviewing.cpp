// A review is done by somebody else: not the user, not anybody who approved for the user in that grant.
#include "core/reviewing.hpp"

#include "core/filing.hpp"

#include <algorithm>

namespace stint {

namespace {

/// Approved something of this entitlement for the user that was live beside this break-glass, whatever has become of it.
bool took_part(const Ledger& ledger, const Review& review, const PersonId& person) {
    const auto reviewed = ledger.request(review.id);
    const auto grant = ledger.grant(review.id);
    if (!reviewed) return false;
    const auto end = grant ? grant->closed_at : reviewed->ended_at;
    for (const RequestId id : ledger.requests_since(review.user, reviewed->created_at)) {
        const auto request = ledger.request(id);
        if (!request || request->entitlement != review.entitlement || (end && request->created_at > *end)) continue;
        const auto approvals = ledger.approvals(id);
        if (std::any_of(approvals.begin(), approvals.end(), [&](const Approval& approval) { return approval.approver.id == person; })) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::optional<Refusal> reviewer_fault(const Ledger& ledger, const Policy& policy, const Review& review, const Person& person,
                                      const GroupIndex& index) {
    if (review.user == person.ref.id) return Refusal{RefusalCode::reviewer_is_user, {}};
    const Entitlement* entitlement = policy.find(review.entitlement);
    const bool is_reviewer = entitlement != nullptr && entitlement->break_glass
                                 ? is_in_any(person, entitlement->break_glass->reviewers, index)
                                 : is_in_any(person, policy.roles.security, index);  // the policy dropped it: security reviews
    if (!is_reviewer || !person.is_enabled) return Refusal{RefusalCode::reviewer_not_eligible, {}};
    if (took_part(ledger, review, person.ref.id)) return Refusal{RefusalCode::reviewer_is_approver, {}};
    return std::nullopt;
}

Result<Transition> review(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id, const GiveVerdict& command) {
    const auto request = ledger.request(id);
    const auto found = ledger.review(id);
    if (!request || !found || !may_see(*request, policy.find(request->entitlement), policy.roles, facts.person, facts.groups)) {
        return Refusal{RefusalCode::review_unknown, {}};
    }
    if (auto fault = reviewer_fault(ledger, policy, *found, facts.person, facts.groups)) return *fault;
    if (found->state == ReviewState::done) return Refusal{RefusalCode::review_already_done, {}};
    if (command.comment.find_first_not_of(' ') == std::string::npos) return Refusal{RefusalCode::reason_required, {}};
    Transition transition;
    const EventHeader header = header_of(*request, facts.actor);
    transition.add(header, ReviewDone{command.is_justified ? Verdict::justified : Verdict::unjustified, facts.person.ref, command.comment,
                                      command.incident});
    if (const auto finding = ledger.open_finding(FindingKind::overdue_review, {}, {}, id)) {
        transition.add(header, FindingCleared{*finding});
    }
    transition.effects.push_back(NotifyPeople{NoticeKind::review_done, id, {}, {request->requester}, {}});
    return transition;
}

}  // namespace stint
