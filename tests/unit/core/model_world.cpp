// The model's steps. It plays app/ without I/O: the same order of decide, commit, send, read back.
#include "model_world.hpp"

#include <algorithm>
#include <stdexcept>

namespace stint::test {

namespace {

const std::vector<std::pair<std::string, std::vector<std::string>>> people{
    {"ada", {"helpdesk"}}, {"ben", {"owners", "helpdesk"}}, {"cho", {"owners", "privacy"}}, {"dee", {"oncall", "helpdesk"}}, {"eve", {"privacy"}},
    {"sam", {"soc"}},
};

Entitlement entitlement(const std::string& name, const std::vector<std::string>& groups, int approvals) {
    Entitlement made;
    made.name = EntitlementName(name);
    for (const auto& group : groups) made.groups.emplace_back(group);
    made.requesters = {GroupName("helpdesk")};
    made.duration = {Seconds(600), Seconds(1200)};
    made.pending_for = Seconds(900);
    if (approvals > 0) {
        ApprovalStage stage;
        stage.from = {GroupName("owners")};
        stage.count = approvals;
        made.stages.push_back(stage);
    }
    BreakGlassRule rule;
    rule.requesters = {GroupName("oncall"), GroupName("owners")};
    rule.max = Seconds(300);
    rule.review_within = Seconds(3600);
    rule.reviewers = {GroupName("privacy")};
    made.break_glass = rule;
    return made;
}

void require(bool holds, const std::string& what) {
    if (!holds) throw std::logic_error(what);
}

}  // namespace

ModelWorld::ModelWorld() {
    policy_.entitlements = {entitlement("one", {"g1"}, 1), entitlement("both", {"g1", "g2"}, 0), entitlement("two", {"g2"}, 2)};
    policy_.roles.security = {GroupName("soc")};
    policy_.hash = PolicyHash("hash");
    now_ = {Utc(std::chrono::seconds(1'000'000)), BootTime(std::chrono::seconds(1000)), "boot-1"};
    for (const auto& [login, groups] : people) enabled_[login] = true;
}

GroupIndex ModelWorld::index() const {
    GroupIndex::Ids ids;
    for (const auto* name : {"helpdesk", "owners", "privacy", "oncall", "soc", "g1", "g2"}) ids.emplace(GroupName(name), GroupId(name));
    return GroupIndex(std::move(ids));
}

Person ModelWorld::person(const std::string& login) const {
    Person found;
    found.ref = {PersonId(login), Login(login), login, {}};
    found.is_enabled = enabled_.at(login);
    for (const auto& [name, groups] : people) {
        if (name != login) continue;
        for (const auto& group : groups) found.groups.push_back({GroupId(group), GroupName(group)});
    }
    return found;
}

DeciderFacts ModelWorld::decider(const std::string& login) const {
    DeciderFacts facts;
    facts.actor.kind = ActorKind::person;
    facts.actor.id = PersonId(login);
    facts.person = person(login);
    facts.groups = index();
    return facts;
}

std::vector<Reading> ModelWorld::readings(const Entitlement& entitlement, const std::string& login) const {
    std::vector<Reading> found;
    for (const GroupName& group : entitlement.groups) {
        found.push_back({{GroupId(group.value), group}, members_.count({group.value, login}) != 0, true, "model"});
    }
    return found;
}

FilingFacts ModelWorld::filing(const std::string& login, const std::string& name) const {
    FilingFacts facts;
    const DeciderFacts who = decider(login);
    facts.actor = who.actor;
    facts.requester = who.person;
    facts.groups = who.groups;
    facts.readings = readings(*policy_.find(EntitlementName(name)), login);
    facts.is_clock_behind = is_clock_behind();
    return facts;
}

void ModelWorld::commit(const Transition& transition) {
    if (on_commit) on_commit(transition, now_);
    if (!transition.events.empty()) high_water_ = std::max(high_water_, now_.utc);
    for (const Event& event : transition.events) {
        apply(event, now_.utc, ledger_);
        if (const auto* intended = std::get_if<MembershipIntended>(&event.body)) {
            intended_.insert(intended->membership);
            Flight& flight = flights_[intended->membership];
            if (!flight.unknown_until) flight.is_unsent = true;
        }
        if (std::holds_alternative<GrantOpened>(event.body)) ++opened_;
    }
}

bool ModelWorld::commit(const Result<Transition>& judged) {
    if (!judged) return false;
    commit(judged.value());
    return true;
}

bool ModelWorld::file(const std::string& login, const std::string& name, Seconds duration) {
    FileRequest command;
    command.entitlement = EntitlementName(name);
    command.reason = "because";
    command.duration = duration;
    return commit(file_request(ledger_, policy_, filing(login, name), command, now_));
}

bool ModelWorld::break_glass(const std::string& login, const std::string& name) {
    BreakGlass command;
    command.entitlement = EntitlementName(name);
    command.reason = "because";
    return commit(file_break_glass(ledger_, policy_, filing(login, name), false, command, now_));
}

bool ModelWorld::extend(const std::string& login, RequestId id, Seconds duration) {
    return commit(file_extension(ledger_, policy_, filing(login, "one"), id, Extend{duration, "because"}, now_));
}

bool ModelWorld::decide(const std::string& login, RequestId id, bool is_approval) {
    if (is_approval) return commit(approve(ledger_, policy_, decider(login), id, Approve{}, now_));
    return commit(deny(ledger_, policy_, decider(login), id, Deny{"no"}, now_));
}

std::vector<JudgedRule> ModelWorld::judge_rules(const std::string& login, const FileRequest& command) const {
    return judge_request(ledger_, *policy_.find(command.entitlement), filing(login, command.entitlement.value), command, now_);
}
Result<Transition> ModelWorld::judge_file(const std::string& login, const FileRequest& command) const {
    return file_request(ledger_, policy_, filing(login, command.entitlement.value), command, now_);
}
Result<Transition> ModelWorld::judge_cancel(const std::string& login, RequestId id) const {
    return stint::cancel(ledger_, policy_, decider(login), id, {});
}
bool ModelWorld::cancel(const std::string& login, RequestId id) { return commit(judge_cancel(login, id)); }
bool ModelWorld::release(const std::string& login, RequestId id) { return commit(stint::release(ledger_, policy_, decider(login), id, Release{})); }
bool ModelWorld::revoke(const std::string& login, RequestId id) {
    return commit(stint::revoke(ledger_, policy_, decider(login), id, Revoke{"because"}));
}
bool ModelWorld::review(const std::string& login, RequestId id) {
    return commit(stint::review(ledger_, policy_, decider(login), id, GiveVerdict{true, "fine", {}}));
}

std::vector<RequestId> ModelWorld::requests() const {
    std::vector<RequestId> ids;
    for (RequestId id{1}; id < ledger_.next_request(); ++id.value) ids.push_back(id);
    return ids;
}

void ModelWorld::open_approved() {
    for (const RequestId id : requests()) {
        const auto request = ledger_.request(id);
        if (!request || request->state != RequestState::approved) continue;
        commit(open_grant(ledger_, policy_, opening_facts(id), id, now_).transition);
    }
}

OpeningFacts ModelWorld::opening_facts(RequestId id) const {
    const auto request = ledger_.request(id);
    OpeningFacts facts;
    facts.requester = person(request->requester.login.value);
    for (const Approval& approval : ledger_.approvals(id)) facts.approvers.emplace(approval.approver.id, person(approval.approver.login.value));
    facts.groups = index();
    facts.is_clock_behind = is_clock_behind();
    facts.readings = readings(*policy_.find(request->entitlement), request->requester.login.value);
    return facts;
}

void ModelWorld::pass(Seconds length, Seconds clock_step) {
    now_.utc += length + clock_step;
    now_.boot += length;
    late_writes();
    for (const RequestId id : requests()) {
        commit(expire(ledger_, id, now_));
        commit(lapse(ledger_, id, now_));
        commit(warn_of_end(ledger_, id, now_));
        commit(miss_review(ledger_, id, now_));
    }
    for (MembershipId id{1}; id < ledger_.next_membership(); ++id.value) commit(removal_late(ledger_, id, now_));
}

void ModelWorld::late_writes() {
    const auto due = std::partition(late_.begin(), late_.end(), [&](const LateWrite& write) { return write.at > now_.boot; });
    for (auto write = due; write != late_.end(); ++write) apply_write(write->pair, write->operation);
    late_.erase(due, late_.end());
}

void ModelWorld::apply_write(const Pair& pair, Operation operation) {
    if (operation == Operation::add) {
        if (members_.insert(pair).second) ours_.insert(pair);
    } else {
        members_.erase(pair);
        ours_.erase(pair);
    }
}

std::optional<ReconcileFacts> ModelWorld::send(const Membership& membership, Operation operation, Fate fate) {
    require(membership.intent == operation, "a write without a committed intent");
    require(intended_.count(membership.id) != 0, "a write that was never announced");
    Flight& flight = flights_[membership.id];
    require(!flight.unknown_until, "two operations at a time on one membership");
    const Pair pair{membership.group.name.value, membership.person.login.value};
    flight.is_unsent = false;
    ReconcileFacts facts;
    switch (fate) {
    case Fate::not_sent: flight.is_unsent = true; return std::nullopt;
    case Fate::refused: facts.refused = RefusedOperation{operation, 50, "insufficient access"}; return facts;
    case Fate::applied: apply_write(pair, operation); return facts;
    case Fate::lost: break;
    case Fate::applied_unanswered: apply_write(pair, operation); break;
    case Fate::applied_late: late_.push_back({pair, operation, now_.boot + settle / 2}); break;
    }
    flight.unknown_until = now_.boot + settle;
    flight.had_unknown = true;
    return std::nullopt;
}

void ModelWorld::reconcile_one(MembershipId id, Fate fate) {
    ReconcileFacts facts;
    for (int step = 0; step < 12; ++step) {
        Flight& flight = flights_[id];
        if (flight.unknown_until && *flight.unknown_until <= now_.boot) flight.unknown_until.reset();
        facts.may_be_in_flight = flight.unknown_until.has_value();
        facts.had_unknown = flight.had_unknown;
        facts.is_unsent = flight.is_unsent && !facts.seen && !facts.refused;
        const ReconcileStep taken = reconcile(ledger_, id, facts);
        commit(taken.transition);
        const auto membership = ledger_.membership(id);
        if (!membership) return;
        facts = {};
        switch (taken.next) {
        case ReconcileStep::Next::rest:
            if (!membership->intent) flight = {};
            return;
        case ReconcileStep::Next::wait:
        case ReconcileStep::Next::retry: return;
        case ReconcileStep::Next::read_back:
            facts.seen = Observation{is_member(membership->group.name.value, membership->person.login.value), "model"};
            break;
        case ReconcileStep::Next::send_add:
        case ReconcileStep::Next::send_remove: {
            const auto operation = taken.next == ReconcileStep::Next::send_add ? Operation::add : Operation::remove;
            if (flight.unknown_until) flight.unknown_until.reset();  // the earlier operation was seen to have happened
            const auto answer = send(*membership, operation, fate);
            if (!answer) return;
            facts = *answer;
            break;
        }
        }
    }
}

void ModelWorld::reconcile_all(Fate fate) {
    for (MembershipId id{1}; id < ledger_.next_membership(); ++id.value) reconcile_one(id, fate);
}

void ModelWorld::crash() {
    flights_.clear();
    for (MembershipId id{1}; id < ledger_.next_membership(); ++id.value) {
        const auto membership = ledger_.membership(id);
        if (membership && membership->intent) flights_[id] = Flight{false, now_.boot + settle, true};
    }
}

void ModelWorld::heal_and_settle() {
    for (int round = 0; round < 6; ++round) {
        pass(settle);
        reconcile_all(Fate::applied);
    }
}

void ModelWorld::check() const {
    std::int64_t open_or_closed = 0;
    for (const RequestId id : requests()) {
        const auto request = ledger_.request(id);
        const auto grant = ledger_.grant(id);
        std::set<PersonId> approvers;
        for (const Approval& approval : ledger_.approvals(id)) {
            require(approval.approver.id != request->requester.id, "a requester decided on their own request");
            require(approvers.insert(approval.approver.id).second, "somebody counted twice");
        }
        if (request->kind == RequestKind::break_glass) require(ledger_.review(id).has_value(), "a break-glass without a review");
        if (const auto review = ledger_.review(id); review && review->reviewer) {
            require(review->reviewer->id != request->requester.id, "a review by its own user");
        }
        if (!grant) continue;
        ++open_or_closed;
        require(request->state == RequestState::opened, "a grant whose request is not opened");
        const Entitlement& rule = *policy_.find(grant->entitlement);
        if (request->kind == RequestKind::request) {
            const int wanted = rule.stages.empty() ? 0 : rule.stages.front().count;
            require(static_cast<int>(approvers.size()) >= wanted, "a grant without its approvals");
        }
        const Seconds limit = request->kind == RequestKind::break_glass ? rule.break_glass->max : rule.duration.max;
        require(grant->not_after.utc > grant->opened_at, "a grant that ends before it opens");
        require(grant->is_extended || grant->not_after.utc - grant->opened_at <= limit, "a grant longer than the entitlement allows");
        require(!(is_open(grant->state) && has_passed(grant->not_after, now_)), "an open grant past its end");
        if (grant->state == GrantState::ready) {
            for (const MembershipId held : ledger_.held_by(id)) {
                require(ledger_.membership(held)->known == Presence::present, "ready without a read-back");
            }
        }
        if (grant->state != GrantState::closed) continue;
        for (const MembershipId held : ledger_.held_by(id)) {
            const auto membership = ledger_.membership(held);
            const bool is_covered = !ledger_.holders(held).empty();
            require(is_covered || membership->known != Presence::present || membership->may_apply_late || membership->intent == Operation::remove,
                    "closed, and the membership is not proved gone");
        }
    }
    require(open_or_closed == opened_, "issued is not open plus closed");
}

void ModelWorld::check_settled() const {
    for (const Pair& pair : ours_) {
        const auto membership = ledger_.membership_of(GroupId(pair.first), PersonId(pair.second));
        require(membership.has_value(), "a membership of ours that nobody knows of");
        const auto holders = ledger_.holders(membership->id);
        const bool is_held = std::any_of(holders.begin(), holders.end(), [&](RequestId id) { return is_open(ledger_.grant(id)->state); });
        require(is_held, "ORPHAN: " + pair.second + " is still in " + pair.first);
    }
    for (const RequestId id : requests()) {
        const auto grant = ledger_.grant(id);
        require(!grant || grant->state != GrantState::closing, "a grant that never closes: " + std::to_string(id.value));
    }
}

}  // namespace stint::test
