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
    Look look{true, false};
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
        Look look;
        try {
            if (std::exchange(is_round_wanted_, false)) co_await round(look);
            if (std::exchange(is_sweep_wanted_, false)) co_await look_over(swept, look);
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
    while (!look.is_over) {
        auto job = [last, &page](Transaction& transaction) { return memberships(transaction.store(), page(transaction.store(), last)); };
        const auto found = co_await world_.broker.look(job);
        if (found.empty()) break;
        Countdown reading(world_.io);
        for (const Membership& membership : found) {
            last = membership.id;
            if (working_.count(membership.id) == 0) spawn(world_, "read_back", look_at(membership, look, reading.one()));
        }
        co_await reading.done();
    }
}

/// Has it worked on when what is seen is not what is known of it, or nothing is to be seen: there it is asked for ever.
boost::asio::awaitable<void> Reconciler::look_at(Membership membership, Look& look, std::shared_ptr<void> holding) {
    Seen seen;
    if (!look.is_over) seen = co_await read_back(membership, looks_);
    const bool is_away = !seen.has_answer && !seen.is_refused;
    if (is_away && look.is_patient) seen = co_await read_back_patiently(membership);
    look.is_over = look.is_over || (is_away && !look.is_patient);
    const bool is_expected = seen.seen && seen.seen->is_present == (membership.known == Presence::present);
    if (!is_expected && !look.is_over) touch(membership.id);
    holding.reset();
}

/// One asks on for all that wait: a directory that is down is not asked by hundreds.
boost::asio::awaitable<Reconciler::Seen> Reconciler::read_back_patiently(Membership membership) {
    const auto place = co_await retries_.enter();
    Seen seen;
    for (bool is_held = true; is_held;) {
        seen = co_await read_back(membership, looks_);
        if (seen.has_answer || seen.is_refused) break;
        co_await world_.clock.sleep_for(std::chrono::seconds(1));
        auto job = [id = membership.id](Transaction& transaction) { return !transaction.store().holders(id).empty(); };
        try {
            is_held = co_await world_.broker.look(job);
        } catch (const StoreFault&) {
            // Then nobody knows better.
        }
    }
    co_return seen;
}

}  // namespace stint
