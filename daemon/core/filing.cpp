// Judging an ask, in a fixed order: shapes, then what is known, then relations to what stands already.
#include "core/filing.hpp"

#include <algorithm>

namespace stint {

namespace {

using Fault = std::optional<Refusal>;

Fault person_fault(const Person& person) {
    if (!person.is_enabled) return Refusal{RefusalCode::caller_disabled, {}};
    return std::nullopt;
}

Fault reason_fault(const std::string& reason) {
    if (reason.find_first_not_of(' ') == std::string::npos) return Refusal{RefusalCode::reason_required, {}};
    return std::nullopt;
}

Fault duration_fault(Seconds duration, Seconds limit) {
    if (duration < Seconds(1)) return Refusal{RefusalCode::duration_not_valid, {}};
    if (duration > limit) return Refusal{RefusalCode::duration_exceeds_limit, "the limit is " + to_text(limit)};
    return std::nullopt;
}

Fault start_fault(const std::optional<Utc>& start, const Now& now) {
    if (start && (*start < now.utc - Seconds(60) || *start > now.utc + start_limit)) return Refusal{RefusalCode::start_not_valid, {}};
    return std::nullopt;
}

Fault verification_fault(const Entitlement& entitlement, const std::vector<std::string>& verified) {
    const auto& known = entitlement.verification;
    for (const std::string& method : verified) {
        if (std::find(known.begin(), known.end(), method) == known.end()) return Refusal{RefusalCode::verification_unknown, {}};
    }
    if (!known.empty() && verified.empty()) return Refusal{RefusalCode::verification_required, {}};
    return std::nullopt;
}

/// What the person has under way for this entitlement. Extensions stand beside their grant and do not count.
Fault already_open_fault(const Ledger& ledger, const Person& person, const EntitlementName& entitlement) {
    int pending = 0;
    for (const RequestId id : ledger.live_requests_of(person.ref.id)) {
        const auto request = ledger.request(id);
        if (!request || request->kind == RequestKind::extension) continue;
        if (request->state == RequestState::pending) ++pending;
        if (request->entitlement != entitlement || request->kind == RequestKind::break_glass) continue;
        const auto grant = ledger.grant(id);
        if (!grant || is_open(grant->state)) {
            return Refusal{RefusalCode::request_already_open, "it is number " + std::to_string(id.value)};
        }
    }
    if (pending >= pending_limit) return Refusal{RefusalCode::too_many_pending, {}};
    return std::nullopt;
}

/// The groups must all be known; none may already have the person as a standing member.
Fault standing_fault(const Ledger& ledger, const Entitlement& entitlement, const FilingFacts& facts, const Now& now) {
    if (facts.readings.size() != entitlement.groups.size()) return Refusal{RefusalCode::group_unknown, {}};
    for (const Reading& reading : facts.readings) {
        if (const auto standing = standing_as(ledger, facts.requester, reading, now)) return standing_refusal(*standing);
    }
    return std::nullopt;
}

std::string joined(const std::vector<GroupName>& groups) {
    std::string text;
    for (const GroupName& group : groups) text.append(text.empty() ? "" : ", ").append(group.value);
    return text;
}

std::string verification_text(const Entitlement& entitlement, const std::vector<std::string>& verified) {
    if (entitlement.verification.empty()) return "none is asked for";
    std::string text;
    for (const std::string& method : verified) text.append(text.empty() ? "" : ", ").append(method);
    return text;
}

std::string ticket_text(const Entitlement& entitlement, const TicketFacts& facts) {
    if (!entitlement.ticket) return "none is asked for";
    if (facts.sight == TicketSight::unreachable) return "it cannot be seen now; the policy lends without, and records a finding";
    if (facts.sight != TicketSight::seen) return "";
    const Ticket& ticket = facts.ticket;
    return ticket.id.value + " is " + ticket.state + ", " + (ticket.assignee.empty() ? "assigned to nobody" : "assigned to " + ticket.assignee.value);
}

template <class... Faults>
Fault first_of(Faults... faults) {
    Fault found;
    ((found ? void() : void(found = std::move(faults))), ...);
    return found;
}

/// A ticket stands in the headers when a ticket system has shown it; else with what else was only typed.
void name_ticket(EventHeader& header, RequestFiled& filed, const TicketId& ticket, bool is_seen) {
    if (is_seen) header.ticket = ticket;
    else filed.typed_ticket = ticket.value;
}

RequestFiled filed_by(const Person& person, RequestKind kind, Seconds duration, Utc lapses_at) {
    RequestFiled filed;
    filed.kind = kind;
    filed.duration = duration;
    filed.lapses_at = lapses_at;
    filed.requester = person.ref;
    return filed;
}

EventHeader new_header(const Ledger& ledger, const Policy& policy, const FilingFacts& facts, const EntitlementName& entitlement) {
    EventHeader header;
    header.actor = facts.actor;
    header.request = ledger.next_request();
    header.subject = facts.requester.ref.id;
    header.entitlement = entitlement;
    header.policy = policy.hash;
    return header;
}

/// Opens the first stage and asks its people, or approves by policy when there are no stages.
void ask_or_approve(Transition& transition, EventHeader header, const Entitlement& entitlement, const PersonRef& requester, Utc lapses_at) {
    header.actor = broker_actor("policy");
    if (entitlement.stages.empty()) {
        transition.add(header, RequestApproved{lapses_at});
        return;
    }
    transition.add(header, StageOpened{0});
    transition.effects.push_back(
        NotifyPeople{NoticeKind::approval_wanted, header.request, approvers_of(entitlement, 0, false), {}, {requester.id}});
}

}  // namespace

Fault stuck_fault(const Ledger& ledger, const std::vector<Reading>& readings) {
    for (const Reading& reading : readings) {
        if (ledger.has_stuck_removal(reading.group.id)) return Refusal{RefusalCode::membership_stuck, {}};
    }
    return std::nullopt;
}

EventHeader header_of(const Request& request, const Actor& actor) {
    EventHeader header;
    header.actor = actor;
    header.request = request.id;
    header.ticket = seen_ticket(request);
    header.subject = request.requester.id;
    header.entitlement = request.entitlement;
    header.policy = request.policy;
    return header;
}

Actor broker_actor(std::string why) {
    Actor actor;
    actor.kind = ActorKind::broker;
    actor.auth = std::move(why);
    actor.origin = "broker";
    return actor;
}

Event refused_ask(const Actor& actor, const std::string& verb, const Refusal& refusal, const EntitlementName& entitlement,
                  const TicketId& ticket, RequestId request) {
    EventHeader header;
    header.actor = actor;
    header.request = request;
    header.ticket = ticket;
    header.entitlement = entitlement;
    return Event{header, AskRefused{verb, std::string(to_text(refusal.code)), 1}};
}

std::vector<JudgedRule> judge_request(const Ledger& ledger, const Entitlement& entitlement, const FilingFacts& facts,
                                      const FileRequest& command, const Now& now) {
    const Seconds duration = command.duration.value_or(entitlement.duration.standard), limit = entitlement.duration.max;
    const PersonId& person = facts.requester.ref.id;
    const auto when = [](bool is_broken, RefusalCode code) { return is_broken ? Fault(Refusal{code, {}}) : std::nullopt; };
    return {
        {"account", "your account is enabled", person_fault(facts.requester)},
        {"reason", "one is given", reason_fault(command.reason)},
        {"duration", to_text(duration) + "; the limit is " + to_text(limit), duration_fault(duration, limit)},
        {"start", command.start_at ? to_rfc3339(*command.start_at) : "at once", start_fault(command.start_at, now)},
        {"verification", verification_text(entitlement, command.verified), verification_fault(entitlement, command.verified)},
        {"ticket", ticket_text(entitlement, facts.ticket), ticket_fault(entitlement, facts.ticket, facts.requester.ref.login)},
        {"clock", "the broker's clock can be trusted", when(facts.is_clock_behind, RefusalCode::clock_behind)},
        {"reviews", "no review of yours is overdue", when(ledger.has_overdue_review(person), RefusalCode::review_overdue)},
        {"under_way", "nothing of yours is open for it", already_open_fault(ledger, facts.requester, command.entitlement)},
        {"standing", "you are no member of " + joined(entitlement.groups), standing_fault(ledger, entitlement, facts, now)},
        {"removals", "no removal from it is overdue", stuck_fault(ledger, facts.readings)},
    };
}

Result<Transition> file_request(const Ledger& ledger, const Policy& policy, const FilingFacts& facts, const FileRequest& command,
                                const Now& now) {
    const Entitlement* entitlement = policy.find(command.entitlement);
    if (entitlement == nullptr) return Refusal{RefusalCode::entitlement_unknown, {}};
    if (!is_in_any(facts.requester, entitlement->requesters, facts.groups)) return Refusal{RefusalCode::not_eligible, {}};
    for (const JudgedRule& judged : judge_request(ledger, *entitlement, facts, command, now)) {
        if (judged.broken) return *judged.broken;
    }

    const Seconds duration = command.duration.value_or(entitlement->duration.standard);
    const Utc start = std::max(command.start_at.value_or(now.utc), now.utc);
    RequestFiled filed = filed_by(facts.requester, RequestKind::request, duration, start + entitlement->pending_for);
    filed.start_at = command.start_at;
    filed.verified = command.verified;
    for (const GroupName& group : entitlement->groups) filed.lends.push_back(group.value);
    filed.is_attached = command.is_attached;
    filed.reason = command.reason;
    filed.impact = command.impact;
    filed.action = command.action;
    filed.affected = command.affected;
    EventHeader header = new_header(ledger, policy, facts, command.entitlement);
    name_ticket(header, filed, command.ticket, facts.ticket.sight == TicketSight::seen);
    Transition transition;
    transition.add(header, filed);
    if (entitlement->ticket && facts.ticket.sight == TicketSight::unreachable) {
        const FindingId finding = ledger.next_finding();
        transition.add(header, FindingSeen{finding, FindingKind::ticket_unseen, {}, {}, facts.requester.ref.id});
        transition.effects.push_back(NotifyPeople{NoticeKind::finding, header.request, {}, {}, {}, finding});
    }
    ask_or_approve(transition, header, *entitlement, facts.requester.ref, filed.lapses_at);
    return transition;
}

Result<Transition> file_break_glass(const Ledger& ledger, const Policy& policy, const FilingFacts& facts, bool is_directory_down,
                                    const BreakGlass& command, const Now& now) {
    const Entitlement* entitlement = policy.find(command.entitlement);
    if (entitlement == nullptr) return Refusal{RefusalCode::entitlement_unknown, {}};
    if (!entitlement->break_glass) return Refusal{RefusalCode::break_glass_not_allowed, {}};
    const BreakGlassRule& rule = *entitlement->break_glass;
    const Seconds duration = command.duration.value_or(std::min(entitlement->duration.standard, rule.max));
    if (auto fault = first_of(reason_fault(command.reason), duration_fault(duration, rule.max))) return *fault;
    for (const RequestId id : ledger.live_requests_of(facts.requester.ref.id)) {
        const auto request = ledger.request(id);
        if (!request || request->kind != RequestKind::break_glass || request->entitlement != command.entitlement) continue;
        const auto grant = ledger.grant(id);
        if (!grant || is_open(grant->state)) {
            return Refusal{RefusalCode::break_glass_already_open, "it is number " + std::to_string(id.value)};
        }
    }
    // With the directory down nobody's groups can be read: it is filed, said so, and judged when it opens.
    if (!is_directory_down) {
        if (auto fault = person_fault(facts.requester)) return *fault;
        if (!is_in_any(facts.requester, rule.requesters, facts.groups)) return Refusal{RefusalCode::break_glass_not_allowed, {}};
        if (auto fault = standing_fault(ledger, *entitlement, facts, now)) return *fault;
    }

    RequestFiled filed = filed_by(facts.requester, RequestKind::break_glass, duration, now.utc + entitlement->pending_for);
    filed.is_attached = command.is_attached;
    filed.reason = command.reason;
    EventHeader header = new_header(ledger, policy, facts, command.entitlement);
    name_ticket(header, filed, command.ticket, facts.ticket.sight == TicketSight::seen);
    Transition transition;
    transition.add(header, filed);
    transition.add(header, ReviewOpened{now.utc + rule.review_within});
    EventHeader by_policy = header;
    by_policy.actor = broker_actor("policy");
    transition.add(by_policy, RequestApproved{filed.lapses_at});
    transition.effects.push_back(NotifyPeople{NoticeKind::break_glass, header.request, {}, {}, {}});
    transition.effects.push_back(NotifyPeople{NoticeKind::review_due, header.request, {}, {}, {facts.requester.ref.id}});
    return transition;
}

Result<Transition> file_extension(const Ledger& ledger, const Policy& policy, const FilingFacts& facts, RequestId grant_id,
                                  const Extend& command, const Now& now) {
    const auto grant = ledger.grant(grant_id);
    const auto original = ledger.request(grant_id);
    if (!original || original->requester.id != facts.requester.ref.id) return Refusal{RefusalCode::request_unknown, {}};
    if (!grant || !is_open(grant->state) || has_passed(grant->not_after, now)) {
        return Refusal{RefusalCode::grant_not_open, has_ended(original->state) ? "" : "it has not opened yet: ask for as long as you need, or wait"};
    }
    if (grant->is_break_glass) return Refusal{RefusalCode::not_permitted, "a break-glass is not extended; ask for the entitlement"};
    const Entitlement* entitlement = policy.find(grant->entitlement);
    if (entitlement == nullptr) return Refusal{RefusalCode::policy_changed, {}};
    if (!is_in_any(facts.requester, entitlement->requesters, facts.groups)) return Refusal{RefusalCode::not_eligible, {}};
    if (auto fault = first_of(person_fault(facts.requester), reason_fault(command.reason),
                              duration_fault(command.duration, entitlement->duration.max),
                              ticket_fault(*entitlement, facts.ticket, facts.requester.ref.login))) {
        return *fault;
    }
    if (facts.is_clock_behind) return Refusal{RefusalCode::clock_behind, {}};
    if (ledger.has_overdue_review(facts.requester.ref.id)) return Refusal{RefusalCode::review_overdue, {}};
    if (grant->is_extended) return Refusal{RefusalCode::grant_already_extended, {}};
    for (const RequestId id : ledger.live_requests_of(facts.requester.ref.id)) {
        const auto other = ledger.request(id);
        if (other && other->extends == grant_id && !has_ended(other->state)) return Refusal{RefusalCode::grant_already_extended, {}};
    }

    RequestFiled filed = filed_by(facts.requester, RequestKind::extension, command.duration,
                                  std::min(now.utc + entitlement->pending_for, grant->not_after.utc));
    filed.extends = grant_id;
    filed.verified = original->verified;
    filed.reason = command.reason;
    EventHeader header = new_header(ledger, policy, facts, grant->entitlement);
    name_ticket(header, filed, grant->ticket, !original->is_ticket_typed || facts.ticket.sight == TicketSight::seen);
    Transition transition;
    transition.add(header, filed);
    ask_or_approve(transition, header, *entitlement, facts.requester.ref, filed.lapses_at);
    return transition;
}

}  // namespace stint
