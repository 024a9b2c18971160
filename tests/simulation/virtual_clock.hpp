// Time that passes only when nothing else is left to do. Both clocks advance together; either can be made to step.
#pragma once

#include "ports/clock.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace stint::simulation {

class VirtualClock final : public Clock {
public:
    explicit VirtualClock(boost::asio::io_context& io) : io_(&io) {}

    [[nodiscard]] Now now() const override { return now_; }
    /// What has really passed since the first start: the boot clock, but on through every reboot.
    [[nodiscard]] BootTime elapsed() const { return before_boot_ + now_.boot; }
    [[nodiscard]] boost::asio::awaitable<void> wait_until(Deadline deadline) override;
    void wake() override;
    [[nodiscard]] boost::asio::awaitable<void> sleep_for(std::chrono::microseconds length) override;

    /// To the next moment at which somebody wants to wake, but not past `limit` (boot time). False when the limit was
    /// reached first: time stands there then.
    bool advance(BootTime limit);
    /// The wall clock alone is set; waits end, as a timerfd with CANCEL_ON_SET would end them.
    void step(std::chrono::microseconds by);
    /// Everybody who waits is gone with the process. `io` is the next one's.
    void crash();
    void restart(boost::asio::io_context& io) { io_ = &io; }
    /// The machine starts again: the boot clock at zero, the wall clock off by `off`.
    void reboot(const std::string& boot_id, std::chrono::microseconds off);

private:
    using Resume = std::function<void()>;
    boost::asio::awaitable<void> wait_for(std::function<void(Resume)> arm);

    boost::asio::io_context* io_;
    Now now_{Utc(std::chrono::seconds(1'800'000'000)), BootTime(std::chrono::seconds(10'000)), "boot-1"};
    BootTime before_boot_{};
    std::multimap<BootTime, Resume> sleepers_;
    std::optional<std::pair<Deadline, Resume>> waiter_;
    bool is_wake_wanted_ = false;
};

}  // namespace stint::simulation
