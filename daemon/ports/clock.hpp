// The clock the broker runs by: readings and one kind of wait. Real time in daemon/, virtual time in the simulation.
#pragma once

#include "core/time.hpp"

#include <boost/asio/awaitable.hpp>

namespace stint {

class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Now now() const = 0;
    /// Waits until `deadline` has passed by either clock, or a clock was set, or `wake` was called; then
    /// returns and the caller looks again. May return early, never noticeably late, and counts a suspend.
    [[nodiscard]] virtual boost::asio::awaitable<void> wait_until(Deadline deadline) = 0;
    /// Ends a `wait_until` under way (a nearer deadline has come up).
    virtual void wake() = 0;
    /// A plain delay for back-off; not woken by `wake`. May not count a suspend: nothing that ends a right waits by it.
    [[nodiscard]] virtual boost::asio::awaitable<void> sleep_for(std::chrono::microseconds length) = 0;
};

}  // namespace stint
