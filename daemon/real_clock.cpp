// timerfds under Asio. Asio's own timers run by CLOCK_MONOTONIC and sleep through a suspend, so they serve for
// back-off only.
#include "real_clock.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <system_error>
#include <utility>

namespace stint {

namespace {

namespace asio = boost::asio;

std::chrono::microseconds reading(clockid_t clock) {
    timespec time{};
    if (clock_gettime(clock, &time) != 0) throw std::system_error(errno, std::generic_category(), "clock_gettime");
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_nsec / 1000);
}

std::string read_boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

int make_timer(clockid_t clock) {
    const int descriptor = timerfd_create(clock, TFD_NONBLOCK | TFD_CLOEXEC);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "timerfd_create");
    return descriptor;
}

/// False when the clock was set since the timer was last armed (ECANCELED, timerfd_settime(2)): look again at once.
bool arm(int descriptor, std::chrono::microseconds at, int flags) {
    itimerspec when{};
    const auto due = std::max(at, std::chrono::microseconds(1));  // zero would disarm it
    when.it_value.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(due).count();
    when.it_value.tv_nsec = (due % std::chrono::seconds(1)).count() * 1000;
    if (timerfd_settime(descriptor, flags, &when, nullptr) == 0) return true;
    if (errno == ECANCELED) return false;
    throw std::system_error(errno, std::generic_category(), "timerfd_settime");
}

}  // namespace

struct RealClock::Impl {
    explicit Impl(asio::any_io_executor executor)
        : io(std::move(executor)), wall(io, make_timer(CLOCK_REALTIME)), boot(io, make_timer(CLOCK_BOOTTIME)), woken(io) {}

    asio::any_io_executor io;
    asio::posix::stream_descriptor wall, boot;
    asio::steady_timer woken;                 ///< never expires; cancelled to end the wait
    bool is_wake_wanted = false;              ///< a wake that came while nobody waited still counts
    const std::string boot_id = read_boot_id();

    /// Whichever timer fires first ends the wait of the other two.
    void watch(asio::posix::stream_descriptor& timer) {
        timer.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
            if (!error) woken.cancel();
        });
    }
};

RealClock::RealClock(asio::any_io_executor io) : impl_(std::make_unique<Impl>(std::move(io))) {}
RealClock::~RealClock() = default;

Now RealClock::now() const { return {Utc(reading(CLOCK_REALTIME)), reading(CLOCK_BOOTTIME), impl_->boot_id}; }

asio::awaitable<void> RealClock::wait_until(Deadline deadline) {
    const bool is_unset = arm(impl_->wall.native_handle(), deadline.utc.time_since_epoch(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
    if (std::exchange(impl_->is_wake_wanted, false) || !is_unset) co_return;
    impl_->watch(impl_->wall);
    if (deadline.boot_id == impl_->boot_id) {
        static_cast<void>(arm(impl_->boot.native_handle(), deadline.boot, TFD_TIMER_ABSTIME));
        impl_->watch(impl_->boot);
    }
    impl_->woken.expires_at(asio::steady_timer::time_point::max());
    boost::system::error_code ignored;
    co_await impl_->woken.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    impl_->is_wake_wanted = false;
    impl_->wall.cancel();
    impl_->boot.cancel();
}

void RealClock::wake() {
    impl_->is_wake_wanted = true;
    impl_->woken.cancel();
}

asio::awaitable<void> RealClock::sleep_for(std::chrono::microseconds length) {
    asio::steady_timer timer(impl_->io, length);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace stint
