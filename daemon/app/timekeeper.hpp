// Makes time happen: one wait for the nearest deadline, then everything that is due, the ends of grants first. A
// slower beat does what may be a few seconds late and needs nobody's answer: reminders, overdue removals; beside it runs
// the watch over tickets that close and persons who are disabled.
#pragma once

#include "app/gather.hpp"
#include "app/opener.hpp"
#include "app/reconciler.hpp"
#include "app/refusals.hpp"
#include "app/world.hpp"

namespace stint {

class Timekeeper {
public:
    Timekeeper(World& world, Gather& gather, Reconciler& reconciler, Opener& opener, Refusals& refusals)
        : world_(world), gather_(gather), reconciler_(reconciler), opener_(opener), refusals_(refusals) {}

    /// Ends what is due now. Also the first thing at start.
    /// False when the store could not be written: then something due may be left.
    [[nodiscard]] boost::asio::awaitable<bool> tick();
    /// For ever: waits for the nearest deadline, then ticks.
    [[nodiscard]] boost::asio::awaitable<void> run();
    /// For ever: the slower beat.
    [[nodiscard]] boost::asio::awaitable<void> beat();
    /// For ever: ends grants whose ticket has closed or whose person was disabled.
    [[nodiscard]] boost::asio::awaitable<void> watch();
    /// Ends all three at their next step.
    void stop() { is_stopping_ = true; }

private:
    using Due = std::function<Transition(Store&, const Now&)>;
    boost::asio::awaitable<bool> tick_once();
    boost::asio::awaitable<std::optional<Deadline>> tick_and_look(bool& is_settled);
    boost::asio::awaitable<void> slow_once(int beat);
    boost::asio::awaitable<void> watch_clock();
    boost::asio::awaitable<void> nudge_pending();
    boost::asio::awaitable<void> flag_late_removals();
    boost::asio::awaitable<void> watch_grants();
    boost::asio::awaitable<void> watch_grant(Grant grant, std::shared_ptr<const Policy> policy);
    boost::asio::awaitable<std::optional<CloseReason>> reason_to_close(Grant grant, std::shared_ptr<const Policy> policy);
    boost::asio::awaitable<void> remove_unrecorded();

    World& world_;
    Gather& gather_;
    Reconciler& reconciler_;
    Opener& opener_;
    Refusals& refusals_;
    bool is_stopping_ = false;
    std::optional<Now> last_;
    RequestId watched_;   ///< how far watch_grants has come
};

}  // namespace stint
