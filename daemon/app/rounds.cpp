// How the reconciler comes to look at what nobody touched: at start, at intervals, when the directory is back or says
// that something changed. Reads only; what is not as it should be is touched.
#include "app/reconciler.hpp"

#include "log/log.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace stint {

namespace {

/// Between two rounds, however often one is wanted.
constexpr std::chrono::seconds patrol_pause{1};

std::vector<Membership> memberships(Store& store, const std::vector<MembershipId>& ids) {
    std::vector<Membership> found;
    for (const MembershipId id : ids) {
        if (auto membership = store.membership(id)) found.push_back(std::move(*membership));
    }
    return found;
}

/// Waits for tasks that each hold one of its tokens for as long as they last.
class Countdown {
public:
    explicit Countdown(const boost::asio::any_io_executor& io)
        : bell_(std::make_shared<boost::asio::steady_timer>(io, boost::asio::steady_timer::time_point::max())),
          token_(bell_.get(), [bell = bell_](void*) { bell->cancel(); bell->expires_at(boost::asio::steady_timer::time_point::min()); }) {}
    [[nodiscard]] std::shared_ptr<void> one() const { return token_; }
    /// Once: no more tokens are given out.
    boost::asio::awaitable<void> done() {
        token_.reset();
        boost::system::error_code rung;
        co_await bell_->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
    }

private:
    std::shared_ptr<boost::asio::steady_timer> bell_;
    std::shared_ptr<void> token_;
};

}  // namespace

boost::asio::awaitable<void> Reconciler::touch_pages(Page page) {
    MembershipId last{};
    for (;;) {
        auto job = [last, &page](Transaction& transaction) { return page(transaction.store(), last); };
        const auto ids = co_await world_.broker.look(job);
        if (ids.empty()) co_return;
        for (const MembershipId id : ids) touch(id);
        last = ids.back();
    }
}

boost::asio::awaitable<void> Reconciler::start() {
    MembershipId last{};
    for (;;) {
        auto job = [last](Transaction& transaction) { return memberships(transaction.store(), transaction.store().unsettled_memberships(last, 500)); };
        const auto page = co_await world_.broker.look(job);
        if (page.empty()) co_return;
        const BootTime settled = world_.clock.now().boot + world_.settings.settle;
        for (const Membership& membership : page) {
            last = membership.id;
            if (membership.intent && flights_[membership.id].state == Flight::State::none) flights_[membership.id].becomes_unknown(settled);
        }
    }
}

boost::asio::awaitable<void> Reconciler::first_round() {
    Look look{.is_patient = true};
    co_await round(look);
    is_first_round_over_ = true;
}

void Reconciler::want_round() {
    is_round_wanted_ = is_first_round_over_;
    if (is_round_wanted_ && !std::exchange(is_patrolling_, true)) spawn(world_, "patrol", patrol());
}

void Reconciler::want_sweep() {
    is_sweep_wanted_ = true;
    if (!std::exchange(is_patrolling_, true)) spawn(world_, "patrol", patrol());
}

boost::asio::awaitable<void> Reconciler::patrol() {
    const Page swept = [this](Store& store, MembershipId after) { return store.memberships_to_sweep(world_.clock.now().utc, after, 500); };
    while (is_round_wanted_ || is_sweep_wanted_) {
        Look rounds, sweeps;
        try {
            if (std::exchange(is_sweep_wanted_, false)) co_await look_over(swept, sweeps);
            if (std::exchange(is_round_wanted_, false)) co_await round(rounds);
        } catch (const std::exception& error) {
            log::error("round_broken_off", {{"why", error.what()}});
        }
        co_await world_.clock.sleep_for(patrol_pause);
    }
    is_patrolling_ = false;
}

boost::asio::awaitable<void> Reconciler::round(Look& look) {
    const Page unsettled = [](Store& store, MembershipId after) { return store.unsettled_memberships(after, 500); };
    const Page held = [](Store& store, MembershipId after) { return store.held_memberships(after, 500); };
    co_await touch_pages(unsettled);
    co_await look_over(held, look);
}

/// Those that are quiet are read here, a page at a time, all of a page at once; only what differs is worked on.
boost::asio::awaitable<void> Reconciler::look_over(Page page, Look& look) {
    MembershipId last{};
    for (;;) {
        auto job = [last, &page](Transaction& transaction) { return memberships(transaction.store(), page(transaction.store(), last)); };
        const auto found = co_await world_.broker.look(job);
        if (found.empty()) break;
        Countdown reading(world_.io);
        for (const Membership& membership : found) {
            last = membership.id;
            if (working_.count(membership.id) == 0) spawn(world_, "read_back", look_at(membership, look, reading.one()));
        }
        co_await reading.done();
        if (look.is_in_vain(1)) break;
        // The directory is there: who was silent all the same is asked by a worker of its own, for ever.
        for (const MembershipId id : std::exchange(look.silent, {})) touch(id);
    }
}

boost::asio::awaitable<void> Reconciler::look_at(Membership membership, Look& look, std::shared_ptr<void> holding) {
    const auto enough = static_cast<std::size_t>(world_.settings.parallel_removals);
    Seen seen;
    if (!look.is_in_vain(enough)) seen = co_await read_back(membership, looks_);
    if (!seen.has_answer && !seen.is_refused && look.is_patient) seen = co_await read_back_patiently(membership);
    if (seen.has_answer || seen.is_refused) ++look.answers;
    else look.silent.push_back(membership.id);
    const bool is_expected = seen.seen && seen.seen->is_present == (membership.known == Presence::present);
    if ((seen.has_answer && !is_expected) || seen.is_refused) touch(membership.id);
    holding.reset();
}

/// One asks on for all that wait: a directory that is down is not asked by hundreds. Where the directory knows the person
/// and is silent of this membership alone, nobody waits for that one.
boost::asio::awaitable<Reconciler::Seen> Reconciler::read_back_patiently(Membership membership) {
    const auto place = co_await retries_.enter();
    Seen seen;
    for (bool is_worth_waiting = true; is_worth_waiting;) {
        seen = co_await read_back(membership, looks_);
        if (seen.has_answer || seen.is_refused) break;
        co_await world_.clock.sleep_for(std::chrono::seconds(1));
        is_worth_waiting = co_await is_away_for_all(membership);
    }
    co_return seen;
}

boost::asio::awaitable<bool> Reconciler::is_away_for_all(Membership membership) {
    try {
        const Person person = co_await world_.directory.person_by_id(membership.person.id);
        co_return person.ref.id.empty();  // it was answered
    } catch (const Fault& fault) {
        co_return is_not_sent(fault.kind()) || fault.kind() == FaultKind::unknown_outcome;
    }
}

}  // namespace stint
