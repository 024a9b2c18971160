// What time brings about, in order of importance: ends, then the rest. A store that cannot be written stops new
// rights, never an end.
#include "app/timekeeper.hpp"

#include "core/closing.hpp"
#include "core/filing.hpp"
#include "core/time_passing.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <limits>

namespace stint {

namespace {

constexpr int page_length = 256;
/// Approved requests that are looked at; those that cannot open must hide none behind them.
constexpr int waiting_at_most = 10'000;
constexpr std::size_t due_at_once = 256;
constexpr Seconds beat_length{5};
/// How long a client may come back with the Idempotency-Key of an ask.
constexpr Seconds keys_kept{72 * 3600};
/// Ticks in a row that may leave something due behind them before it is taken for what no tick settles.
constexpr int passed_at_once = 50;
/// A step of the wall clock against the boot clock that is worth an event.
constexpr std::chrono::microseconds step_limit{2'000'000};

}  // namespace

boost::asio::awaitable<bool> Timekeeper::tick_once() {
    auto ends = [](Transaction& transaction) {
        const auto due = transaction.store().grants_past_end(transaction.now(), page_length);
        for (const RequestId id : due) transaction.apply(expire(transaction.store(), id, transaction.now()));
        return due.size();
    };
    std::size_t count = co_await world_.broker.run(ends);
    const auto policy = world_.current_policy();
    auto others = [&policy](Transaction& transaction) {
        Store& store = transaction.store();
        const Now& now = transaction.now();
        std::size_t done = 0;
        for (const RequestId id : store.requests_past_lapse(now.utc, page_length)) {
            transaction.apply(lapse(store, id, now));
            ++done;
        }
        for (const RequestId id : store.reviews_past_due(now.utc, page_length)) {
            transaction.apply(miss_review(store, id, now));
            ++done;
        }
        for (const RequestId id : store.grants_to_warn(now.utc + warning_before, page_length)) {
            const Transition warning = warn_of_end(store, id, now);
            if (warning.empty()) continue;
            transaction.apply(warning);
            ++done;
        }
        return done;
    };
    count += co_await world_.broker.run(others);
    auto starting = [](Transaction& transaction) { return transaction.store().requests_to_open(transaction.now().utc, waiting_at_most); };
    for (const RequestId id : co_await world_.broker.look(starting)) opener_.touch(id);
    co_return count > 0;
}

boost::asio::awaitable<bool> Timekeeper::tick() {
    bool is_more = true, is_unwritable = false;
    while (is_more) {
        try {
            is_more = co_await tick_once();
        } catch (const StoreFault& fault) {
            log::alarm("store_unavailable", {{"why", fault.what()}});
            is_unwritable = true;
            is_more = false;
        }
        if (is_unwritable) co_await remove_unrecorded();
    }
    co_return !is_unwritable;
}

/// A store that cannot be read either ends nothing here: there is always a next look.
boost::asio::awaitable<std::optional<Deadline>> Timekeeper::tick_and_look(bool& is_settled) {
    try {
        is_settled = co_await tick();
        auto job = [](Transaction& transaction) { return transaction.store().next_deadline(transaction.now()); };
        co_return co_await world_.broker.look(job);
    } catch (const std::exception& error) {
        log::alarm("store_unreadable", {{"why", error.what()}});
    }
    co_return deadline_after(world_.clock.now(), Seconds(1));
}

/// What is past its end cannot be written down as such: the reconciler meets the same fault, and does what it can.
boost::asio::awaitable<void> Timekeeper::remove_unrecorded() {
    auto ended = [](Transaction& transaction) { return transaction.store().grants_past_end(transaction.now(), std::numeric_limits<int>::max()); };
    const auto grants = co_await world_.broker.look(ended);
    for (std::size_t first = 0; first < grants.size(); first += due_at_once) {
        auto held = [&grants, first](Transaction& transaction) {
            std::vector<MembershipId> due;
            for (std::size_t i = first; i < std::min(first + due_at_once, grants.size()); ++i) {
                for (const MembershipId membership : transaction.store().held_by(grants[i])) due.push_back(membership);
            }
            return due;
        };
        for (const MembershipId id : co_await world_.broker.look(held)) reconciler_.touch(id);
    }
}

boost::asio::awaitable<void> Timekeeper::run() {
    for (int at_once = 0; !is_stopping_;) {
        bool is_settled = true;
        auto next = co_await tick_and_look(is_settled);
        const Now now = world_.clock.now();
        // Also when nothing waits, and when the store just failed: look again before long.
        const Deadline latest = deadline_after(now, Seconds(60));
        if (!next || time_left(latest, now) < time_left(*next, now)) next = latest;
        if (!has_passed(*next, now)) {
            at_once = 0;
            co_await world_.clock.wait_until(*next);
        } else if (!is_settled || ++at_once > passed_at_once) {
            // Something is due that a tick does not settle (the store cannot be written): not in a tight loop.
            at_once = 0;
            co_await world_.clock.sleep_for(std::chrono::seconds(1));
        }  // else it came due, or was filed, during the tick: the next one has it
    }
}

boost::asio::awaitable<void> Timekeeper::beat() {
    for (int count = 1; !is_stopping_; ++count) {
        co_await world_.clock.sleep_for(beat_length);
        try {
            co_await slow_once(count);
        } catch (const std::exception& error) {
            log::error("beat_not_recorded", {{"why", error.what()}});
        }
    }
}

boost::asio::awaitable<void> Timekeeper::watch() {
    while (!is_stopping_) {
        co_await world_.clock.sleep_for(beat_length);
        try {
            co_await watch_grants();
        } catch (const std::exception& error) {
            log::warning("watch_postponed", {{"why", error.what()}});
        }
    }
}

boost::asio::awaitable<void> Timekeeper::slow_once(int beat) {
    const auto every = [beat](Seconds period) { return beat % std::max<std::int64_t>(1, period / beat_length) == 0; };
    if (!world_.broker.is_store_writable()) co_await world_.broker.try_to_write();
    co_await watch_clock();
    co_await flag_late_removals();
    co_await nudge_pending();
    auto counted = [this](Transaction& transaction) {
        refusals_.flush(transaction);
        return true;
    };
    co_await world_.broker.run(counted);
    // One that is away is asked at each beat, by a look that ends with the first silence.
    if (every(world_.settings.round_every) || !reconciler_.is_directory_reachable()) reconciler_.want_round();
    if (every(world_.settings.sweep_every)) reconciler_.want_sweep();
    auto forget = [](Transaction& transaction) {
        transaction.store().forget_idempotent(transaction.now().utc - keys_kept);
        return true;
    };
    if (every(Seconds(3600))) co_await world_.broker.run(forget);
    auto checkpoint = [](Transaction& transaction) {
        transaction.store().checkpoint_when_idle();
        return true;
    };
    if (every(Seconds(60))) co_await world_.broker.look(checkpoint);
}

boost::asio::awaitable<void> Timekeeper::watch_clock() {
    const Now now = world_.clock.now();
    const std::optional<Now> before = std::exchange(last_, now);
    if (!before || before->boot_id != now.boot_id) co_return;
    const auto step = (now.utc - before->utc) - (now.boot - before->boot);
    if (step < step_limit && step > -step_limit) co_return;
    log::alarm("clock_step", {{"by_us", static_cast<std::int64_t>(step.count())}});
    auto job = [by = static_cast<std::int64_t>(step.count())](Transaction& transaction) {
        Transition transition;
        EventHeader header;
        header.actor = broker_actor("clock");
        transition.add(header, ClockStepped{by});
        transaction.apply(transition);
        return true;
    };
    co_await world_.broker.run(job);
}

boost::asio::awaitable<void> Timekeeper::flag_late_removals() {
    const auto policy = world_.current_policy();
    auto job = [&policy](Transaction& transaction) {
        Store& store = transaction.store();
        const Now& now = transaction.now();
        auto late = store.removals_late_by(overdue_after, now, false, page_length);
        const auto stuck = store.removals_late_by(stuck_after, now, true, page_length);
        late.insert(late.end(), stuck.begin(), stuck.end());
        for (const MembershipId id : late) transaction.apply(removal_late(store, id, now));
        return static_cast<std::int64_t>(late.size());
    };
    const std::int64_t flagged = co_await world_.broker.run(job);
    if (flagged > 0) log::alarm("removals_late", {{"newly", flagged}});
}

boost::asio::awaitable<void> Timekeeper::nudge_pending() {
    const auto policy = world_.current_policy();
    RequestId last{};
    for (bool is_more = true; is_more;) {
        auto job = [&policy, &last](Transaction& transaction) {
            const auto page = transaction.store().pending_requests(last, page_length);
            for (const RequestId id : page) {
                transaction.apply(nudge(transaction.store(), *policy, id, transaction.now()));
                last = id;
            }
            return !page.empty();
        };
        is_more = co_await world_.broker.run(job);
    }
}

/// A page a beat, so that ten thousand grants do not become ten thousand questions at once.
boost::asio::awaitable<void> Timekeeper::watch_grants() {
    const auto policy = world_.current_policy();
    auto page_of = [after = watched_](Transaction& transaction) {
        std::vector<Grant> grants;
        for (const RequestId id : transaction.store().open_grants(after, 100)) {
            if (auto grant = transaction.store().grant(id)) grants.push_back(std::move(*grant));
        }
        return grants;
    };
    const auto page = co_await world_.broker.look(page_of);
    watched_ = page.empty() ? RequestId{} : page.back().id;
    for (const Grant& grant : page) {
        try {
            co_await watch_grant(grant, policy);
        } catch (const Fault& fault) {
            // One who cannot be read hides nobody else; a directory that is away is not asked a hundred times.
            log::warning("watch_postponed", {{"request", grant.id.value}, {"why", fault.what()}});
            if (is_not_sent(fault.kind())) {
                watched_ = grant.id;  // the next beat goes on behind it
                co_return;
            }
        }
    }
}

boost::asio::awaitable<void> Timekeeper::watch_grant(Grant grant, std::shared_ptr<const Policy> policy) {
    const auto reason = co_await reason_to_close(grant, policy);
    if (!reason) co_return;
    auto close = [id = grant.id, why = *reason](Transaction& transaction) {
        const auto current = transaction.store().grant(id);
        if (current) transaction.apply(begin_closing(transaction.store(), *current, why, broker_actor("directory"), {}));
        return true;
    };
    co_await world_.broker.run(close);
}

boost::asio::awaitable<std::optional<CloseReason>> Timekeeper::reason_to_close(Grant grant, std::shared_ptr<const Policy> policy) {
    try {
        const Person person = co_await world_.directory.person_by_id(grant.person.id);
        if (!person.is_enabled) co_return CloseReason::person_disabled;
    } catch (const Fault& fault) {
        if (fault.kind() == FaultKind::not_found) co_return CloseReason::person_disabled;
        throw;
    }
    const Entitlement* entitlement = policy->find(grant.entitlement);
    if (entitlement == nullptr || !entitlement->ticket || !entitlement->ticket->close_revokes || grant.is_break_glass) co_return std::nullopt;
    const TicketFacts facts = co_await gather_.ticket(entitlement, grant.ticket);
    if (facts.sight != TicketSight::seen) co_return std::nullopt;
    const auto fault = ticket_fault(*entitlement, facts, grant.person.login);
    if (fault && fault->code == RefusalCode::ticket_closed) co_return CloseReason::ticket_closed;
    co_return std::nullopt;
}

}  // namespace stint
