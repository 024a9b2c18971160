// One look at each commit, one at each step.
#include "witness.hpp"

#include "trace.hpp"

#include <algorithm>
#include <cstdlib>

namespace stint::simulation {

namespace {

/// Facts are gathered before they are judged, and a slow directory takes eight seconds an answer.
constexpr BootTime gathering = std::chrono::seconds(45);
constexpr Seconds clock_slack{5};
/// A beat every five seconds tells what is late.
constexpr BootTime late = overdue_after + Seconds(6), very_late = stuck_after + Seconds(6);

std::string number(RequestId id) { return std::to_string(id.value); }

}  // namespace

void Witness::starts(const Store& store) {
    // A commit whose flush failed just before the kill may be seen only now, or be gone.
    latest_ = store.high_water_mark();
    latest_at_start_ = latest_;
    booted_at_start_ = clock_.now().boot;
    for (auto& [id, since] : due_) since = std::max(since, clock_.elapsed());
    // What was found after a kill may never have been flushed, and go with the next loss of power.
    std::erase_if(grants_, [&](const auto& one) { return !store.grant(one.first); });
    ends_.keep_only(grants_);
    std::map<Pair, bool> intents;
    for (MembershipId id{1}; id < store.next_membership(); ++id.value) {
        const auto membership = store.membership(id);
        if (membership && membership->intent) intents[pair_of(membership->group.id, membership->person.id)] = *membership->intent == Operation::add;
    }
    directory_.conduct().starts(intents);
}

void Witness::look(const Store& store) {
    // A commit whose flush failed may be found after a restart or not: what was seen of it may be gone.
    if (store.last_event() < seen_) seen_ = EventSeq{};
    if (store.last_event() == seen_) return;
    for (EventSeq seq{seen_.value + 1}; is_traced && seq <= store.last_event(); ++seq.value) {
        if (const auto event = store.event(seq)) trace("commits", clock_.elapsed(), event->entry);
    }
    std::set<RequestId> touched;
    for (const auto& [seq, request] : store.events_after(seen_, RequestId{}, 100'000)) touched.insert(request);
    for (const RequestId id : touched) look_at(store, id);
    seen_ = store.last_event();
    latest_ = std::max(latest_, clock_.now().utc);
}

void Witness::look_at(const Store& store, RequestId id) {
    const auto request = store.request(id);
    if (!request) return;
    changed_.insert(id);
    if (request->extends && request->state == RequestState::opened) {
        if (const auto grant = store.grant(*request->extends); grant && grant->is_extended) extended(store, *grant);
    }
    const auto grant = store.grant(id);
    if (!grant) return;
    if (!ends_.knows(id)) opened(store, *request, *grant);
    if (grant->is_extended) extended(store, *grant);
    if (grant->state == GrantState::closed && !grants_[id]) closed(store, *grant);
    grants_[id] = grant->state == GrantState::closed;
}

void Witness::entitled(const std::string& login, const std::vector<GroupName>& groups, const std::string& what) const {
    require(directory_.is_in(login, groups), what + " is not one of those who may be: " + login);
    require(directory_.disabled_for(login) < gathering, what + " had long been disabled: " + login);
}

void Witness::approved(const Store& store, const Request& request) const {
    const Entitlement& rule = *policy_.find(request.entitlement);
    const auto approvals = store.approvals(request.id);
    for (std::size_t stage = 0; stage < rule.stages.size(); ++stage) {
        int count = 0;
        for (const Approval& approval : approvals) {
            if (!approval.is_approval || approval.stage != static_cast<int>(stage)) continue;
            auto groups = rule.stages[stage].from;
            groups.insert(groups.end(), rule.stages[stage].escalate_to.begin(), rule.stages[stage].escalate_to.end());
            entitled(approval.approver.login.value, groups, "an approver of " + number(request.id));
            ++count;
        }
        require(count >= rule.stages[stage].count, "opened without its approvals: " + number(request.id));
    }
}

void Witness::opened(const Store& store, const Request& request, const Grant& grant) {
    const Now now = clock_.now();
    const Entitlement& rule = *policy_.find(grant.entitlement);
    const bool is_seen_late = grant.opened_at != now.utc;   // found at a restart: of when it was, only the record tells
    Now at = now;
    at.utc = grant.opened_at;
    if (is_seen_late) {
        at.boot = grant.not_after.boot - request.duration;
        at.boot_id = grant.not_after.boot_id;
    }
    ends_.opened(grant.id, at, clock_.elapsed(), request.duration);
    opened_at_[grant.id] = clock_.elapsed();
    if (is_seen_late) return;
    const bool is_break_glass = request.kind == RequestKind::break_glass;
    require(request.kind != RequestKind::extension, "an extension opened a grant: " + number(grant.id));
    require(request.duration <= (is_break_glass ? rule.break_glass->max : rule.duration.max), "a grant that is too long: " + number(grant.id));
    require(!request.start_at || *request.start_at <= now.utc, "opened before its start: " + number(grant.id));
    entitled(request.requester.login.value, is_break_glass ? rule.break_glass->requesters : rule.requesters, "the requester of " + number(grant.id));
    if (is_break_glass) return;
    require(now.utc >= latest_ - clock_slack, "opened although the clock is behind: " + number(grant.id));
    approved(store, request);
}

void Witness::extended(const Store& store, const Grant& grant) {
    if (!ends_.knows(grant.id) || ends_.is_extended(grant.id)) return;
    const Now now = clock_.now();
    std::optional<Request> extension;
    for (RequestId id{grant.id.value + 1}; id < store.next_request(); ++id.value) {
        const auto request = store.request(id);
        if (request && request->extends == grant.id && request->state == RequestState::opened) extension = request;
    }
    require(extension.has_value(), "extended without an extension: " + number(grant.id));
    ends_.extended(grant.id, now, clock_.elapsed(), extension->duration, policy_.find(grant.entitlement)->duration.max);
    if (extension->ended_at != now.utc) return;   // found at a restart
    require(!grant.is_break_glass, "a break-glass was extended: " + number(grant.id));
    require(now.utc >= latest_ - clock_slack, "extended although the clock is behind: " + number(grant.id));
    approved(store, *extension);
}

void Witness::closed(const Store& store, const Grant& grant) const {
    for (const MembershipId id : store.held_by(grant.id)) {
        const auto membership = store.membership(id);
        require(membership.has_value(), "a holding of nothing: " + number(grant.id));
        const auto holders = store.holders(id);
        const bool is_held = std::any_of(holders.begin(), holders.end(), [&](RequestId holder) {
            const auto other = store.grant(holder);
            // One that ends in the same transaction still stood when this one was judged, and owes the removal.
            return other && (is_open(other->state) || (other->state == GrantState::closing && other->closing_at == grant.closed_at));
        });
        if (is_held) continue;
        const Pair pair = pair_of(membership->group.id, membership->person.id);
        const Entry entry = directory_.replicas().settled(pair);
        // What was never answered may be there without anybody's knowing; the sweep takes it away.
        require(!entry.is_present || entry.hand == Hand::human || !entry.is_told,
                "closed although still a member: " + pair.second + " in " + pair.first + ", grant " + number(grant.id));
    }
}

bool Witness::is_living(const Grant& grant) const {
    return is_open(grant.state) && ends_.knows(grant.id) && !ends_.has_passed(grant.id, clock_.now(), floor());
}

bool Witness::is_lent(const Store& store, MembershipId membership, Seconds ago) const {
    const auto holders = store.holders(membership);
    Now then = clock_.now();
    then.utc -= ago;
    then.boot -= ago;
    return std::any_of(holders.begin(), holders.end(), [&](RequestId id) {
        const auto grant = store.grant(id);
        const bool is_over = !grant || (ago == Seconds(0) && !is_open(grant->state));
        return !is_over && ends_.knows(id) && !ends_.has_passed(id, then, floor() - ago);
    });
}

Lending Witness::lending(const Store& store, const Pair& pair) const {
    const auto membership = store.membership_of(GroupId("gid-" + pair.first), PersonId("id-" + pair.second));
    const auto holders = membership ? store.holders(membership->id) : std::vector<RequestId>();
    const bool is_living = std::any_of(holders.begin(), holders.end(), [&](RequestId id) {
        const auto opened = opened_at_.find(id);
        const auto grant = store.grant(id);
        return grant && opened != opened_at_.end() && opened->second < clock_.elapsed() && this->is_living(*grant) &&
               !ends_.has_really_passed(id, clock_.elapsed());
    });
    if (is_living) return Lending::living;
    return holders.empty() ? Lending::none : Lending::ending;
}

void Witness::check_request(const Store& store, const Request& request) const {
    std::set<PersonId> approvers;
    for (const Approval& approval : store.approvals(request.id)) {
        require(approval.approver.id != request.requester.id, "a requester decided");
        require(approvers.insert(approval.approver.id).second, "an approver counted twice");
    }
    if (request.kind != RequestKind::break_glass) return;
    const auto review = store.review(request.id);
    const BreakGlassRule& rule = *policy_.find(request.entitlement)->break_glass;
    require(review.has_value(), "a break-glass without its review");
    require(review->due_at <= request.created_at + rule.review_within, "a review that is due too late");
    if (!review->reviewer) return;
    require(review->reviewer->id != request.requester.id, "a review by the one who used it");
    require(directory_.is_in(review->reviewer->login.value, rule.reviewers), "a review by somebody who may not");
}

void Witness::check(const Store& store, bool is_well) {
    for (const RequestId id : changed_) {
        const auto request = store.request(id);
        if (request) check_request(store, *request);
    }
    changed_.clear();
    for (const auto& [id, has_closed] : grants_) {
        if (has_closed || !is_well) continue;
        const auto grant = store.grant(id);
        require(!grant || !is_open(grant->state) || !ends_.has_passed(id, clock_.now(), floor()), "an open grant past its end: " + number(id));
    }
    const auto counts = store.counts();
    require(counts.grants_total >= counts.closed_total, "more grants have closed than were opened");
    check_lateness(store, is_well);
}

void Witness::check_lateness(const Store& store, bool is_well) {
    std::map<MembershipId, BootTime> due;
    for (MembershipId id{1}; id < store.next_membership(); ++id.value) {
        const auto membership = store.membership(id);
        if (!membership) continue;
        const Pair pair = pair_of(membership->group.id, membership->person.id);
        const Entry entry = directory_.replicas().settled(pair);
        if (!entry.is_present || entry.hand == Hand::human || store.holders(id).empty() || is_lent(store, id, Seconds(0))) continue;
        const auto since = due_.find(id);
        const BootTime began = since == due_.end() ? clock_.elapsed() : since->second;
        // What could not be written down counts from when it was.
        due[id] = is_well ? began : std::max(began, clock_.elapsed());
        const BootTime length = clock_.elapsed() - due[id];
        require(length < late || membership->is_overdue, "a late removal that is not called overdue: " + pair.second + " in " + pair.first);
        require(length < very_late || membership->is_stuck, "a late removal that is not called stuck: " + pair.second + " in " + pair.first);
    }
    due_ = std::move(due);
}

void Witness::check_healed(const Store& store) const {
    for (RequestId id{1}; id < store.next_request(); ++id.value) {
        const auto request = store.request(id);
        require(request.has_value(), "a hole in the requests");
        check_request(store, *request);
    }
    for (const Pair& pair : directory_.replicas().pairs()) {
        const Entry entry = directory_.replicas().settled(pair);
        if (!entry.is_present || entry.hand == Hand::human) continue;
        const auto membership = store.membership_of(GroupId("gid-" + pair.first), PersonId("id-" + pair.second));
        require(membership.has_value(), "a membership of ours that nobody knows of: " + pair.second + " in " + pair.first);
        // What ends at this very moment is on its way out.
        require(is_lent(store, membership->id, Seconds(1)), "ORPHAN: " + pair.second + " is still in " + pair.first);
    }
    require(store.counts().overdue == 0 && store.counts().stuck == 0, "a removal is late although all is well");
}

}  // namespace stint::simulation
