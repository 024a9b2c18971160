// Performs the steps that core/reconciling names. Errors are not failures here but facts: unreachable means wait and
// ask again, unknown means let it settle, a definite no is told to the core.
#include "app/reconciler.hpp"

#include "core/time_passing.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <utility>

namespace stint {

namespace {

using Next = ReconcileStep::Next;

/// How long who rests may not notice that the directory is back.
constexpr std::chrono::seconds rest_slice{5};

bool is_unknown(FaultKind kind) { return kind == FaultKind::unknown_outcome || kind == FaultKind::broken; }

/// How long the directory needs to hold an entry that it can end by itself (design: grant + 120 s).
Seconds life_of(const std::optional<Deadline>& until, const Now& now) {
    if (!until) return Seconds(0);
    return std::chrono::ceil<Seconds>(std::max(time_left(*until, now), std::chrono::microseconds(0))) + Seconds(120);
}

/// Ours, and held by no grant whose time still runs: to be taken away even where that cannot be written down.
std::optional<Membership> due_membership(Store& store, MembershipId id, const Now& now) {
    auto membership = store.membership(id);
    if (!membership || membership->is_baseline) return std::nullopt;
    const bool is_ours = membership->intent || membership->known == Presence::present || membership->may_apply_late;
    const auto holders = store.holders(id);
    const bool is_needed = std::any_of(holders.begin(), holders.end(), [&](RequestId holder) {
        const auto grant = store.grant(holder);
        return grant && is_open(grant->state) && !has_passed(grant->not_after, now);
    });
    return is_ours && !is_needed ? membership : std::nullopt;
}

/// The latest end of the open grants that hold it; nothing when none does.
std::optional<Deadline> latest_end(Store& store, MembershipId id) {
    std::optional<Deadline> latest;
    for (const RequestId holder : store.holders(id)) {
        const auto grant = store.grant(holder);
        if (grant && is_open(grant->state) && (!latest || latest->utc < grant->not_after.utc)) latest = grant->not_after;
    }
    return latest;
}

}  // namespace

Reconciler::Reconciler(World& world)
    : world_(world), additions_(world.settings.parallel_additions), removals_(world.settings.parallel_removals),
      readings_(world.settings.parallel_removals), looks_(world.settings.parallel_removals), retries_(1) {}

void Reconciler::touch(MembershipId id) {
    const auto [entry, is_new] = working_.try_emplace(id, false);
    if (!is_new) {
        entry->second = true;
        return;
    }
    spawn(world_, "reconcile", work(id));
}

void Reconciler::intended(MembershipId id, Operation operation) {
    Flight& flight = flights_[id];
    // That a removal before it was never answered makes no addition come late.
    if (operation == Operation::add) flight.had_unknown = false;
    if (flight.state == Flight::State::none) flight.state = Flight::State::unsent;
    flight.attempts = flight.silences = 0;
    flight.is_rested = true;
    flight.has_removed = false;
}

boost::asio::awaitable<void> Reconciler::work(MembershipId id) {
    for (;;) {
        working_[id] = false;
        bool has_failed = false;
        try {
            co_await converge(id);
        } catch (const std::exception& error) {
            log::error("reconcile_not_recorded", {{"membership", id.value}, {"why", error.what()}});
            working_[id] = has_failed = true;
        }
        if (has_failed) co_await go_without_records(id);
        if (!working_[id]) break;
        co_await world_.clock.sleep_for(std::chrono::microseconds(0));
    }
    working_.erase(id);
    const auto flight = flights_.find(id);
    if (flight != flights_.end() && flight->second.state == Flight::State::none) flights_.erase(flight);
}

boost::asio::awaitable<Reconciler::Decision> Reconciler::decide(MembershipId id, ReconcileFacts facts) {
    auto job = [id, facts](Transaction& transaction) {
        // What is past its end is no more wanted, also when its expiry could not be recorded yet: an absence then is no
        // human's doing.
        for (const RequestId holder : transaction.store().holders(id)) {
            const auto grant = transaction.store().grant(holder);
            if (!grant || !is_open(grant->state) || !has_passed(grant->not_after, transaction.now())) continue;
            transaction.apply(expire(transaction.store(), holder, transaction.now()));
        }
        const ReconcileStep step = reconcile(transaction.store(), id, facts);
        transaction.apply(step.transition);
        return Decision{step.next, transaction.store().membership(id), latest_end(transaction.store(), id)};
    };
    co_return co_await world_.broker.run(job);
}

boost::asio::awaitable<void> Reconciler::converge(MembershipId id) {
    ReconcileFacts facts;
    for (;;) {
        Flight& flight = flights_[id];
        if (flight.state == Flight::State::unknown && flight.settled <= world_.clock.now().boot) flight.state = Flight::State::none;
        facts.may_be_in_flight = flight.state == Flight::State::unknown;
        facts.is_removal_in_flight = facts.may_be_in_flight && flight.operation == Operation::remove;
        facts.had_unknown = flight.had_unknown;
        facts.added_on = flight.added_on;
        facts.has_removed = flight.has_removed;
        facts.is_unsent = flight.state == Flight::State::unsent && !facts.refused;
        Decision decision = co_await decide(id, facts);
        facts = {};
        if (!decision.membership) co_return;
        switch (decision.next) {
        case Next::rest:
            if (!decision.membership->intent) flight = {};
            flight.attempts = 0;
            co_return;
        case Next::read_back: {
            const Seen seen = co_await read_back(*decision.membership, readings_);
            if (!seen.has_answer) {
                co_await rest(id, ++flight.silences);
                break;
            }
            flight.silences = 0;
            facts.seen = seen.seen;
            facts.is_group_gone = seen.is_group_gone;
            break;
        }
        case Next::send_add:
        case Next::send_remove: facts = co_await send(decision); break;
        case Next::wait: {
            const auto left = flight.settled - world_.clock.now().boot;
            co_await world_.clock.sleep_for(std::max<std::chrono::microseconds>(left, std::chrono::milliseconds(1)));
            flight.is_rested = true;
            break;
        }
        case Next::retry: co_await rest(id, flight.attempts); break;
        }
    }
}

void Reconciler::reached() {
    if (std::exchange(is_reachable_, true)) return;
    ++returns_;
    want_round();  // what changed behind our back meanwhile is seen at once
}

boost::asio::awaitable<Reconciler::Seen> Reconciler::read_back(Membership membership, Bulkhead& readings) {
    const auto place = co_await readings.enter();
    Seen answer;
    try {
        const ReadBack seen = co_await world_.directory.read_back(membership.group.id, membership.person);
        reached();
        answer.seen = Observation{seen.is_present, seen.server};
        answer.has_answer = true;
    } catch (const Fault& fault) {
        if (fault.kind() == FaultKind::not_found) {
            answer.is_group_gone = answer.has_answer = true;
        } else {
            is_reachable_ = is_reachable_ && fault.kind() != FaultKind::unreachable;
            answer.is_refused = !is_not_sent(fault.kind()) && fault.kind() != FaultKind::unknown_outcome;
            log::warning("read_back_failed", {{"membership", membership.id.value}, {"why", fault.what()}});
        }
    }
    co_return answer;
}

/// Sends the operation whose intent is committed, and says what is known of it afterwards.
boost::asio::awaitable<ReconcileFacts> Reconciler::send(Decision decision) {
    const MembershipId id = decision.membership->id;
    const bool is_addition = decision.next == Next::send_add;
    auto& bulkhead = is_addition ? additions_ : removals_;
    // Whoever rests holds no place: a hundred hopeless ones delay no other end.
    const bool must_rest = !flights_[id].is_rested;
    if (must_rest) co_await rest(id, std::max(flights_[id].attempts, flights_[id].silences));
    const bool has_waited = must_rest || bulkhead.is_full();
    const auto place = co_await bulkhead.enter();
    if (has_waited) {
        auto job = [id](Transaction& transaction) { return latest_end(transaction.store(), id); };
        decision.until = co_await world_.broker.look(job);
    }
    const Now now = world_.clock.now();
    // Waiting took time, and the right may have been taken back, or given again, meanwhile: then this is not sent.
    const bool is_held = decision.until && !has_passed(*decision.until, now);
    if (is_addition != is_held && (is_addition || decision.until)) {
        co_await world_.clock.sleep_for(std::chrono::milliseconds(20));
        co_return ReconcileFacts{};
    }
    co_return co_await write(*decision.membership, is_addition ? Operation::add : Operation::remove, life_of(decision.until, now));
}

boost::asio::awaitable<ReconcileFacts> Reconciler::write(Membership membership, Operation operation, Seconds life) {
    Flight& flight = flights_[membership.id];
    const bool had_unknown = flight.had_unknown;
    flight.becomes_unknown(world_.clock.now().boot + world_.settings.settle);
    flight.operation = operation;
    ++flight.attempts;
    flight.is_rested = false;
    ReconcileFacts facts;
    try {
        WriteAnswer answer;
        if (operation == Operation::add) {
            answer = co_await world_.directory.add(membership.group.id, membership.person, life);
        } else {
            answer = co_await world_.directory.remove(membership.group.id, membership.person);
        }
        reached();
        flight.state = Flight::State::none;
        flight.had_unknown = had_unknown;
        if (operation == Operation::add) flight.added_on = answer.server;
        else flight.has_removed = flight.has_removed || answer.outcome == WriteOutcome::changed;
        if (answer.read_back) facts.seen = Observation{answer.read_back->is_present, answer.read_back->server};
    } catch (const Fault& fault) {
        log::warning("directory_operation_failed",
                     {{"membership", membership.id.value}, {"operation", to_text(operation)}, {"why", fault.what()}});
        if (!is_unknown(fault.kind())) flight.had_unknown = had_unknown;
        if (is_not_sent(fault.kind())) {
            flight.state = Flight::State::unsent;
            ++flight.silences;
            is_reachable_ = is_reachable_ && fault.kind() != FaultKind::unreachable;
        } else if (!is_unknown(fault.kind())) {
            flight.state = Flight::State::none;
            facts.refused = RefusedOperation{operation, fault.result_code(), fault.what()};
        } else {
            flight.becomes_unknown(world_.clock.now().boot + world_.settings.settle);
        }
    }
    co_return facts;
}

/// 1 s, 2 s, 4 s … 60 s, give or take a fifth; not on past the moment at which the directory is back.
boost::asio::awaitable<void> Reconciler::rest(MembershipId id, int times) {
    const double seconds = std::min(60.0, static_cast<double>(1 << std::clamp(times - 1, 0, 6)));
    const double jittered = seconds * (0.8 + 0.4 * world_.settings.jitter());
    std::chrono::microseconds left(static_cast<std::int64_t>(jittered * 1e6));
    for (const int returns = returns_; left.count() > 0 && returns == returns_;) {
        const auto slice = std::min<std::chrono::microseconds>(left, rest_slice);
        co_await world_.clock.sleep_for(slice);
        left -= slice;
    }
    flights_[id].is_rested = true;
}

boost::asio::awaitable<void> Reconciler::go_without_records(MembershipId id) {
    bool is_gone = false, is_writable = false;
    while (!is_writable) {
        if (!is_gone) is_gone = co_await remove_unrecorded(id);
        co_await world_.clock.sleep_for(std::chrono::seconds(1));
        is_writable = world_.broker.is_store_writable();
    }
}

boost::asio::awaitable<bool> Reconciler::remove_unrecorded(MembershipId id) {
    const auto place = co_await removals_.enter();
    std::optional<Membership> due;
    try {
        auto job = [id](Transaction& transaction) { return due_membership(transaction.store(), id, transaction.now()); };
        due = co_await world_.broker.look(job);
    } catch (const StoreFault& fault) {
        log::error("unrecorded_removal_failed", {{"membership", id.value}, {"why", fault.what()}});
    }
    const Flight& flight = flights_[id];
    // One operation at a time, here too: an addition that may still come true would come after the removal.
    const bool is_in_flight = flight.state == Flight::State::unknown && flight.settled > world_.clock.now().boot;
    if (!due || is_in_flight) co_return false;
    ReconcileFacts facts = co_await write(*due, Operation::remove, Seconds(0));
    const bool is_answered = !facts.refused && flight.state == Flight::State::none;
    if (is_answered && !facts.seen) {
        const Seen seen = co_await read_back(*due, readings_);
        facts.seen = seen.seen;
    }
    // By the rule of any other end (docs/decisions/0003): another server's absence may be a lag.
    const std::string& home = due->known == Presence::present ? due->server : flight.added_on;
    const bool is_proof = facts.seen && (flight.has_removed || home.empty() || facts.seen->server == home);
    const bool is_gone = is_answered && is_proof && !facts.seen->is_present;
    if (is_gone) log::alarm("removed_unrecorded", {{"membership", id.value}, {"server", facts.seen->server}});
    co_return is_gone;
}

}  // namespace stint
