// What each event does to the records. One overload per event type; the machines' tables decide what may happen.
#include "core/apply.hpp"

#include <algorithm>

namespace stint {

namespace {

/// The record, or an impossible event.
template <class Record>
Record must(std::optional<Record> record, const char* what) {
    if (!record) throw ImpossibleEvent(std::string("no such ") + what);
    return std::move(*record);
}

/// The record after one step of its machine, or an impossible event.
template <class Record, class Machine, class Command>
Record advanced(Record record, const Machine& machine, Command command, const char* what) {
    const auto next = next_state(machine, record.state, command);
    if (!next) throw ImpossibleEvent(std::string("the ") + what + "'s machine does not allow it");
    record.state = *next;
    return record;
}

class Application {
public:
    Application(const EventHeader& header, Utc at, Ledger& ledger) : header_(header), at_(at), ledger_(ledger) {}

    void operator()(const std::monostate&) { throw ImpossibleEvent("an event without a body"); }
    void operator()(const BrokerStarted&) {}
    void operator()(const BrokerStopped&) {}
    void operator()(const PolicyLoaded&) {}
    void operator()(const ClockStepped&) {}
    void operator()(const AskRefused&) {}
    void operator()(const LogRead&) {}

    void operator()(const RequestFiled& filed) {
        if (header_.request.value <= 0 || ledger_.request(header_.request)) throw ImpossibleEvent("a request's number twice");
        if (filed.duration < Seconds(1)) throw ImpossibleEvent("a request without a duration");
        Request request;
        request.id = header_.request;
        request.kind = filed.kind;
        request.requester = filed.requester;
        request.entitlement = header_.entitlement;
        request.is_ticket_typed = !filed.typed_ticket.empty();
        request.ticket = request.is_ticket_typed ? TicketId(filed.typed_ticket) : header_.ticket;
        request.reason = filed.reason;
        request.impact = filed.impact;
        request.action = filed.action;
        request.affected = filed.affected;
        request.verified = filed.verified;
        request.lends = filed.lends;
        request.duration = filed.duration;
        request.start_at = filed.start_at;
        request.created_at = at_;
        request.lapses_at = filed.lapses_at;
        request.stage_since = at_;
        request.policy = header_.policy;
        request.extends = filed.extends;
        request.is_attached = filed.is_attached;
        ledger_.put(request);
    }

    void operator()(const StageOpened& opened) {
        Request request = pending_request();
        request.stage = opened.stage;
        request.stage_since = at_;
        request.is_reminded = request.is_escalated = false;
        ledger_.put(request);
    }

    void operator()(const ApprovalGiven& given) {
        Request request = pending_request();
        if (given.approver.id == request.requester.id) throw ImpossibleEvent("a requester approved");
        for (const Approval& approval : ledger_.approvals(request.id)) {
            if (approval.approver.id == given.approver.id) throw ImpossibleEvent("an approver counted twice");
        }
        if (given.shortened_to) request.duration = std::min(request.duration, *given.shortened_to);
        ledger_.put(Approval{request.id, given.stage, given.approver, true, at_, given.comment, given.shortened_to});
        ledger_.put(request);
    }

    void operator()(const RequestApproved& approved) {
        Request request = moved(RequestCommand::approve);
        request.approved_at = at_;
        request.lapses_at = approved.lapses_at;
        ledger_.put(request);
    }

    void operator()(const RequestDenied& denied) {
        Request request = ended(RequestCommand::deny);
        if (denied.approver.id == request.requester.id) throw ImpossibleEvent("a requester decided");
        ledger_.put(Approval{request.id, denied.stage, denied.approver, false, at_, denied.comment, std::nullopt});
        ledger_.put(request);
    }

    void operator()(const RequestReminded&) {
        Request request = pending_request();
        request.is_reminded = true;
        ledger_.put(request);
    }

    void operator()(const RequestEscalated&) {
        Request request = pending_request();
        request.is_escalated = true;
        ledger_.put(request);
    }

    void operator()(const RequestCancelled&) { ledger_.put(ended(RequestCommand::cancel)); }
    void operator()(const RequestLapsed&) { ledger_.put(ended(RequestCommand::lapse)); }

    void operator()(const RequestRefused& refused) {
        Request request = ended(RequestCommand::refuse);
        request.refusal = refused.code;
        ledger_.put(request);
    }

    void operator()(const GrantOpened& opened) {
        Request request = moved(RequestCommand::open);
        if (request.kind == RequestKind::extension) throw ImpossibleEvent("an extension opened a grant");
        if (opened.not_after.utc <= at_) throw ImpossibleEvent("a grant that ends before it opens");
        if (request.is_ticket_typed && !header_.ticket.empty()) {
            if (header_.ticket != request.ticket) throw ImpossibleEvent("a grant on another ticket");
            request.is_ticket_typed = false;
        }
        Grant grant;
        grant.id = request.id;
        grant.person = request.requester;
        grant.entitlement = request.entitlement;
        grant.ticket = request.ticket;
        grant.opened_at = at_;
        grant.not_after = opened.not_after;
        grant.is_break_glass = opened.is_break_glass;
        grant.is_attached = opened.is_attached;
        ledger_.put(request);
        ledger_.put(grant);
    }

    void operator()(const GrantActivated&) {
        Grant grant = moved(GrantCommand::activate);
        grant.active_at = at_;
        ledger_.put(grant);
    }

    void operator()(const GrantReady&) {
        Grant grant = moved(GrantCommand::prove_ready);
        grant.ready_at = at_;
        ledger_.put(grant);
    }

    void operator()(const GrantExtended& extended) {
        Request extension = moved(RequestCommand::open);
        extension.ended_at = at_;
        Grant grant = open_grant();
        if (grant.is_extended) throw ImpossibleEvent("a grant extended twice");
        if (extension.extends != grant.id) throw ImpossibleEvent("an extension of another grant");
        grant.not_after = extended.not_after;
        grant.is_extended = true;
        grant.is_warned = false;
        ledger_.put(extension);
        ledger_.put(grant);
    }

    void operator()(const GrantWarned&) {
        Grant grant = open_grant();
        grant.is_warned = true;
        ledger_.put(grant);
    }

    void operator()(const GrantClosing& closing) {
        Grant grant = moved(GrantCommand::begin_closing);
        grant.reason = closing.reason;
        grant.closing_at = at_;
        if (closing.reason == CloseReason::failed) grant.failure = closing.comment;
        ledger_.put(grant);
        const Utc due = closing.reason == CloseReason::expired ? std::min(at_, grant.not_after.utc) : at_;
        for (const MembershipId id : ledger_.held_by(grant.id)) {
            Membership membership = must(ledger_.membership(id), "membership");
            // Where nothing stands and nothing is under way, nothing is owed.
            const bool is_owed = membership.known == Presence::present || membership.intent || membership.may_apply_late;
            if (has_open_holder(id) || !is_owed) continue;
            membership.removal_due_at = due;
            ledger_.put(membership);
        }
    }

    void operator()(const GrantClosed&) {
        Grant grant = moved(GrantCommand::prove_closed);
        grant.closed_at = at_;
        ledger_.put(grant);
    }

    void operator()(const MembershipOpened& opened) {
        Membership membership;
        membership.id = opened.membership;
        if (const auto known = ledger_.membership(opened.membership)) {
            if (known->group.id != opened.group.id || known->person.id != opened.person.id) {
                throw ImpossibleEvent("a membership's number for another pair");
            }
            if (known->intent || !ledger_.holders(known->id).empty()) throw ImpossibleEvent("a baseline read while unsettled");
            if (known->sweep_until && *known->sweep_until > at_) {
                membership.may_apply_late = known->may_apply_late;
                membership.sweep_until = known->sweep_until;
            }
        } else if (ledger_.membership_of(opened.group.id, opened.person.id)) {
            throw ImpossibleEvent("a second membership for a pair");
        }
        membership.directory = opened.directory;
        membership.group = opened.group;
        membership.person = opened.person;
        membership.is_baseline = opened.is_baseline;
        membership.known = opened.is_baseline ? Presence::present : Presence::absent;
        ledger_.put(membership);
    }

    void operator()(const MembershipHeld& held) {
        Membership membership = must(ledger_.membership(held.membership), "membership");
        const Grant grant = open_grant();
        if (grant.person.id != membership.person.id) throw ImpossibleEvent("a grant holding somebody else's membership");
        membership.removal_due_at.reset();
        membership.is_overdue = membership.is_stuck = false;
        ledger_.put(membership);
        ledger_.hold(grant.id, membership.id);
    }

    void operator()(const MembershipIntended& intended) {
        Membership membership = must(ledger_.membership(intended.membership), "membership");
        if (intended.operation == Operation::remove && membership.is_baseline) {
            throw ImpossibleEvent("a removal of a baseline member");
        }
        if (intended.operation == Operation::remove && has_open_holder(membership.id)) {
            throw ImpossibleEvent("a removal while an open grant holds it");
        }
        if (intended.operation == Operation::add && !has_open_holder(membership.id)) {
            throw ImpossibleEvent("an addition that no open grant holds");
        }
        acknowledged(membership, intended.acknowledged_by);
        membership.intent = intended.operation;
        membership.intended_at = at_;
        membership.last_error.clear();
        ledger_.put(membership);
    }

    void operator()(const MembershipObserved& observed) {
        Membership membership = must(ledger_.membership(observed.membership), "membership");
        const bool is_wanted = membership.is_baseline || has_open_holder(membership.id);
        if (is_wanted != observed.is_wanted) throw ImpossibleEvent("an observation judged against another want");
        membership.known = observed.is_present ? Presence::present : Presence::absent;
        membership.server = observed.server;
        membership.may_apply_late = observed.may_apply_late;
        if (observed.is_present && (membership.intent == Operation::add || !membership.added_at)) membership.added_at = at_;
        const bool matches = observed.is_present == is_wanted;
        const bool is_done = (membership.intent == Operation::add) == observed.is_present;
        if (matches || is_done) membership.intent.reset();
        if (!observed.is_present && !is_wanted) {
            membership.removed_at = at_;
            membership.removal_due_at.reset();
            membership.is_overdue = membership.is_stuck = false;
            membership.sweep_until = at_ + sweep_for;
        }
        ledger_.put(membership);
    }

    void operator()(const OperationRefused& refused) {
        Membership membership = must(ledger_.membership(refused.membership), "membership");
        membership.last_error = refused.message;
        membership.may_apply_late = membership.may_apply_late || refused.may_apply_late;
        // A definite no to an addition: it will not happen. A removal stays owed whatever the directory says.
        if (refused.operation == Operation::add && membership.intent == Operation::add) membership.intent.reset();
        acknowledged(membership, refused.acknowledged_by);
        ledger_.put(membership);
    }

    void operator()(const MembershipOverdue& overdue) {
        Membership membership = must(ledger_.membership(overdue.membership), "membership");
        membership.is_overdue = true;
        ledger_.put(membership);
    }

    void operator()(const MembershipStuck& stuck) {
        Membership membership = must(ledger_.membership(stuck.membership), "membership");
        membership.is_stuck = true;
        ledger_.put(membership);
    }

    void operator()(const ReviewOpened& opened) {
        if (ledger_.review(header_.request)) throw ImpossibleEvent("a second review");
        if (must(ledger_.request(header_.request), "request").kind != RequestKind::break_glass) {
            throw ImpossibleEvent("a review of something that is no break-glass");
        }
        Review review;
        review.id = header_.request;
        review.user = header_.subject;
        review.entitlement = header_.entitlement;
        review.due_at = opened.due_at;
        ledger_.put(review);
    }

    void operator()(const ReviewMissed&) { ledger_.put(moved(ReviewCommand::miss)); }

    void operator()(const ReviewDone& done) {
        Review review = moved(ReviewCommand::judge);
        if (done.reviewer.id == review.user) throw ImpossibleEvent("a review by its own user");
        review.verdict = done.verdict;
        review.reviewer = done.reviewer;
        review.done_at = at_;
        review.comment = done.comment;
        review.incident = done.incident;
        ledger_.put(review);
    }

    void operator()(const FindingSeen& seen) {
        if (ledger_.finding(seen.finding)) throw ImpossibleEvent("a finding's number twice");
        Finding finding;
        finding.id = seen.finding;
        finding.kind = seen.kind;
        finding.seen_at = at_;
        if (header_.request.value > 0) finding.request = header_.request;
        finding.group = seen.group;
        finding.group_name = seen.group_name;
        finding.person = seen.person;
        ledger_.put(finding);
    }

    void operator()(const FindingCleared& cleared) {
        Finding finding = must(ledger_.finding(cleared.finding), "finding");
        finding.cleared_at = at_;
        ledger_.put(finding);
    }

private:
    [[nodiscard]] Request pending_request() const {
        Request request = must(ledger_.request(header_.request), "request");
        if (request.state != RequestState::pending) throw ImpossibleEvent("the request is not pending");
        return request;
    }

    /// One server has taken what another one refuses or does not show: ours it is, until that server shows it gone.
    static void acknowledged(Membership& membership, const std::string& server) {
        if (server.empty() || membership.known == Presence::present) return;
        membership.known = Presence::present;
        membership.server = server;
    }

    [[nodiscard]] Grant open_grant() const {
        Grant grant = must(ledger_.grant(header_.grant), "grant");
        if (!is_open(grant.state)) throw ImpossibleEvent("the grant is not open");
        return grant;
    }

    [[nodiscard]] Request moved(RequestCommand command) const {
        return advanced(must(ledger_.request(header_.request), "request"), request_machine, command, "request");
    }

    [[nodiscard]] Request ended(RequestCommand command) const {
        Request request = moved(command);
        request.ended_at = at_;
        return request;
    }

    [[nodiscard]] Grant moved(GrantCommand command) const {
        return advanced(must(ledger_.grant(header_.grant), "grant"), grant_machine, command, "grant");
    }

    [[nodiscard]] Review moved(ReviewCommand command) const {
        return advanced(must(ledger_.review(header_.request), "review"), review_machine, command, "review");
    }

    [[nodiscard]] bool has_open_holder(MembershipId id) const {
        const auto holders = ledger_.holders(id);
        return std::any_of(holders.begin(), holders.end(), [this](RequestId holder) {
            const auto grant = ledger_.grant(holder);
            return grant && is_open(grant->state);
        });
    }

    const EventHeader& header_;
    Utc at_;
    Ledger& ledger_;
};

}  // namespace

bool may_follow(Utc before, const Event& event, Utc at) {
    return at >= before - Seconds(5) || std::holds_alternative<ClockStepped>(event.body);
}

void apply(const Event& event, Utc at, Ledger& ledger) {
    std::visit(Application(event.header, at, ledger), event.body);
}

}  // namespace stint
