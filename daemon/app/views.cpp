// The states a user sees (contract) are put together here from the request's machine and the grant's.
#include "app/views.hpp"

#include "audit/entry.hpp"
#include "core/eligibility.hpp"
#include "core/reviewing.hpp"

#include <algorithm>

namespace stint {

namespace {

PersonView view_person(const PersonRef& person) { return {person.login.value, person.name}; }

std::vector<std::string> texts(const std::vector<GroupName>& names) {
    std::vector<std::string> out;
    for (const GroupName& name : names) out.push_back(name.value);
    return out;
}

std::string visible_state(const Request& request, const std::optional<Grant>& grant) {
    if (request.kind == RequestKind::extension && request.state == RequestState::opened) return "applied";
    if (!grant) return std::string(to_text(request.state));
    if (grant->state == GrantState::closed && grant->reason == CloseReason::failed) return "failed";
    return std::string(to_text(grant->state));
}

void add_stages(RequestView& view, const Entitlement& entitlement, const Request& request, const std::vector<Approval>& approvals) {
    if (request.kind == RequestKind::break_glass) return;
    for (std::size_t i = 0; i < entitlement.stages.size(); ++i) {
        const int stage = static_cast<int>(i);
        StageView shown;
        shown.stage = stage + 1;
        shown.count = entitlement.stages[i].count;
        shown.is_escalated = stage == request.stage && request.is_escalated;
        shown.from = texts(approvers_of(entitlement, stage, shown.is_escalated));
        shown.given = static_cast<int>(std::count_if(approvals.begin(), approvals.end(), [stage](const Approval& approval) {
            return approval.is_approval && approval.stage == stage;
        }));
        view.stages.push_back(std::move(shown));
    }
}

void add_grant(RequestView& view, const Ledger& ledger, const Grant& grant) {
    view.opened_at = grant.opened_at;
    view.active_at = grant.active_at;
    view.ready_at = grant.ready_at;
    view.expires_at = grant.not_after.utc;
    view.closing_at = grant.closing_at;
    view.closed_at = grant.closed_at;
    if (grant.reason) view.close_reason = std::string(to_text(*grant.reason));
    if (grant.reason == CloseReason::failed) view.refusal = "group_refused";
    for (const MembershipId id : ledger.held_by(grant.id)) {
        const auto membership = ledger.membership(id);
        if (!membership) continue;
        MembershipView shown;
        shown.group = membership->group.name.value;
        shown.server = membership->server;
        shown.intended_at = grant.opened_at;
        shown.added_at = membership->added_at;
        shown.ready_at = grant.ready_at;
        shown.removal_intended_at = grant.closing_at;
        if (grant.closing_at && membership->removed_at && *membership->removed_at >= *grant.closing_at) shown.removed_at = membership->removed_at;
        shown.last_error = membership->last_error.empty() ? grant.failure : membership->last_error;
        shown.is_present = membership->known == Presence::present;
        if (grant.state == GrantState::closing) {
            view.is_overdue = view.is_overdue || membership->is_overdue;
            view.is_stuck = view.is_stuck || membership->is_stuck;
        }
        view.memberships.push_back(std::move(shown));
    }
}

void add_review(RequestView& view, const Review& review, const Entitlement* entitlement) {
    ReviewView shown;
    shown.state = review.verdict ? std::string(to_text(*review.verdict)) : std::string(to_text(review.state));
    shown.due_at = review.due_at;
    if (review.reviewer) shown.reviewer = view_person(*review.reviewer);
    shown.done_at = review.done_at;
    shown.comment = review.comment;
    shown.incident = review.incident;
    if (entitlement != nullptr && entitlement->break_glass) shown.reviewers = texts(entitlement->break_glass->reviewers);
    view.review = std::move(shown);
}

/// What the caller may do with it now: the same questions the core asks when they do.
std::vector<std::string> verbs(const Ledger& ledger, const Policy& policy, const KnownCaller& caller, const Request& request,
                               const std::optional<Grant>& grant, const std::vector<Approval>& approvals) {
    std::vector<std::string> may;
    const Entitlement* entitlement = policy.find(request.entitlement);
    const bool is_requester = request.requester.id == caller.person.ref.id;
    const bool has_decided = std::any_of(approvals.begin(), approvals.end(), [&](const Approval& approval) {
        return approval.approver.id == caller.person.ref.id;
    });
    if (request.state == RequestState::pending && !is_requester && !has_decided && entitlement != nullptr &&
        may_approve(*entitlement, request.stage, request.is_escalated, caller.person, caller.groups)) {
        may.insert(may.end(), {"approve", "deny"});
    }
    const bool is_live = !has_ended(request.state);
    if (is_live && is_requester) may.emplace_back("cancel");
    if (grant && is_open(grant->state)) {
        if (is_requester) may.emplace_back("release");
        if (is_requester && !grant->is_extended && !grant->is_break_glass) may.emplace_back("extend");
        if (may_revoke(entitlement, policy.roles, caller.person, caller.groups)) may.emplace_back("revoke");
    }
    const auto review = ledger.review(request.id);
    if (review && review->state != ReviewState::done && !reviewer_fault(ledger, policy, *review, caller.person, caller.groups)) {
        may.emplace_back("review");
    }
    return may;
}

/// By name where the directory has told it; an id nobody has seen since is shown as it is.
PersonView person_by_id(const Store& store, const PersonId& id) {
    if (const auto known = store.remembered_person(id)) return view_person(*known);
    return {id.value, {}};
}

std::string sight_text(TicketSight sight) {
    switch (sight) {
    case TicketSight::not_asked: return "not_asked";
    case TicketSight::seen: return "seen";
    case TicketSight::unknown: return "unknown";
    case TicketSight::unreachable: return "unreachable";
    }
    return "";
}

}  // namespace

std::optional<RequestView> view_request(const Ledger& ledger, const Policy& policy, const KnownCaller& caller, RequestId id, const Now& now) {
    const auto request = ledger.request(id);
    if (!request) return std::nullopt;
    const Entitlement* entitlement = policy.find(request->entitlement);
    if (!may_see(*request, entitlement, policy.roles, caller.person, caller.groups)) return std::nullopt;
    const auto grant = ledger.grant(id);
    const auto approvals = ledger.approvals(id);

    RequestView view;
    view.id = id;
    view.kind = std::string(to_text(request->kind));
    view.state = visible_state(*request, grant);
    view.is_scheduled = request->state == RequestState::approved && request->start_at && *request->start_at > now.utc;
    view.entitlement = request->entitlement.value;
    view.requester = view_person(request->requester);
    view.ticket = request->ticket.value;
    view.reason = request->reason;
    view.impact = request->impact;
    view.action = request->action;
    view.affected = request->affected;
    view.verified = request->verified;
    view.duration = request->duration;
    view.start_at = request->start_at;
    view.created_at = request->created_at;
    if (!has_ended(request->state)) view.lapses_at = request->lapses_at;
    view.approved_at = request->approved_at;
    view.ended_at = request->ended_at;
    view.refusal = request->refusal;
    view.extends = request->extends;
    view.policy_hash = request->policy.value;
    for (const Approval& approval : approvals) {
        view.approvals.push_back({approval.stage + 1, view_person(approval.approver), approval.is_approval, approval.at, approval.comment,
                                  approval.shortened_to});
    }
    if (entitlement != nullptr) {
        view.title = entitlement->title;
        view.risk = std::string(to_text(entitlement->risk));
        add_stages(view, *entitlement, *request, approvals);
    }
    if (grant) add_grant(view, ledger, *grant);
    if (const auto review = ledger.review(id)) add_review(view, *review, entitlement);
    view.may = verbs(ledger, policy, caller, *request, grant, approvals);
    return view;
}

void add_preview(RequestView& view, const std::vector<JudgedRule>& rules, const TicketFacts& ticket, const std::vector<std::optional<int>>& able,
                 const Now& now) {
    PreviewView preview;
    preview.ends_at = view.expires_at.value_or(std::max(view.start_at.value_or(now.utc), now.utc) + view.duration);
    preview.ticket.sight = sight_text(ticket.sight);
    if (ticket.sight == TicketSight::seen) {
        preview.ticket.state = ticket.ticket.state;
        preview.ticket.assignee = ticket.ticket.assignee.value;
    }
    for (const JudgedRule& judged : rules) {
        if (!judged.broken) preview.rules.push_back({judged.rule, judged.text});
    }
    for (std::size_t stage = 0; stage < std::min(able.size(), view.stages.size()); ++stage) view.stages[stage].able = able[stage];
    view.preview = std::move(preview);
}

EntitlementView view_entitlement(const Entitlement& entitlement, const KnownCaller& caller) {
    EntitlementView view;
    view.name = entitlement.name.value;
    view.title = entitlement.title;
    view.risk = std::string(to_text(entitlement.risk));
    view.access = std::string(to_text(entitlement.access));
    view.groups = texts(entitlement.groups);
    view.standard = entitlement.duration.standard;
    view.max = entitlement.duration.max;
    view.is_ticket_required = entitlement.ticket.has_value();
    view.verification = entitlement.verification;
    for (const ApprovalStage& stage : entitlement.stages) view.approvals += stage.count;
    view.may_request = is_in_any(caller.person, entitlement.requesters, caller.groups);
    if (entitlement.break_glass) {
        view.may_break_glass = is_in_any(caller.person, entitlement.break_glass->requesters, caller.groups);
        view.break_glass_max = entitlement.break_glass->max;
    }
    return view;
}

WhoamiView view_caller(const Policy& policy, const KnownCaller& caller) {
    WhoamiView view;
    view.person = view_person(caller.person.ref);
    view.id = caller.person.ref.id.value;
    if (is_in_any(caller.person, policy.roles.auditor, caller.groups)) view.roles.emplace_back("auditor");
    if (is_in_any(caller.person, policy.roles.security, caller.groups)) view.roles.emplace_back("security");
    for (const GroupRef& group : caller.person.groups) view.groups.push_back(group.name.value);
    if (caller.acting) view.acting = view_person(*caller.acting);
    return view;
}

FindingView view_finding(const Store& store, const Finding& finding) {
    FindingView view;
    view.id = finding.id;
    view.kind = std::string(to_text(finding.kind));
    view.seen_at = finding.seen_at;
    view.cleared_at = finding.cleared_at;
    view.request = finding.request;
    view.group = finding.group_name.value;
    if (!finding.person.empty()) view.person = person_by_id(store, finding.person);
    view.text = std::string(describe(finding.kind));
    return view;
}

EventView view_event(const Store& store, const StoredEvent& event) {
    EventView view;
    view.seq = event.seq;
    view.at = event.at;
    view.entry = event.entry;
    view.disclosed = event.disclosed;
    const audit::Decoded decoded = audit::decode(event.entry, {});
    view.type = std::string(type_of(decoded.event));
    const EventHeader& header = decoded.event.header;
    if (header.request.value > 0) view.request = header.request;
    if (header.actor.kind == ActorKind::person && !header.actor.id.empty()) view.actor = person_by_id(store, header.actor.id);
    view.entitlement = header.entitlement.value;
    view.ticket = header.ticket.value;
    return view;
}

}  // namespace stint
