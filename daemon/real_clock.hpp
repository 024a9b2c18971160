// The two clocks of the machine: CLOCK_REALTIME and CLOCK_BOOTTIME, read together and waited for together.
#pragma once

#include "ports/clock.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace stint {

/// One wait at a time, by timerfds: a suspend is counted, and a clock that is set ends the wait at once
/// (TFD_TIMER_CANCEL_ON_SET, timerfd_create(2)). Throws std::system_error where the kernel has none of it.
class RealClock final : public Clock {
public:
    explicit RealClock(boost::asio::any_io_executor io);
    ~RealClock() override;

    [[nodiscard]] Now now() const override;
    [[nodiscard]] boost::asio::awaitable<void> wait_until(Deadline deadline) override;
    void wake() override;
    [[nodiscard]] boost::asio::awaitable<void> sleep_for(std::chrono::microseconds length) override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace stint
