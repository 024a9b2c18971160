// Waiters are kept in order of time; the caller decides when time may pass.
#include "virtual_clock.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace stint::simulation {

namespace asio = boost::asio;

asio::awaitable<void> VirtualClock::wait_for(std::function<void(Resume)> arm) {
    auto* io = io_;
    auto* armed = &arm;
    auto initiation = [io, armed](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        (*armed)([io, shared] { asio::post(*io, std::move(*shared)); });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiation, asio::use_awaitable);
}

asio::awaitable<void> VirtualClock::wait_until(Deadline deadline) {
    if (std::exchange(is_wake_wanted_, false) || has_passed(deadline, now_)) co_return;
    std::function<void(Resume)> arm = [this, &deadline](Resume resume) { waiter_.emplace(deadline, std::move(resume)); };
    co_await wait_for(arm);
    is_wake_wanted_ = false;
}

void VirtualClock::wake() {
    is_wake_wanted_ = true;
    if (!waiter_) return;
    const auto resume = std::move(waiter_->second);
    waiter_.reset();
    resume();
}

asio::awaitable<void> VirtualClock::sleep_for(std::chrono::microseconds length) {
    const BootTime at = now_.boot + std::max(length, std::chrono::microseconds(1));
    std::function<void(Resume)> arm = [this, at](Resume resume) { sleepers_.emplace(at, std::move(resume)); };
    co_await wait_for(arm);
}

bool VirtualClock::advance(BootTime limit) {
    BootTime next = limit;
    if (!sleepers_.empty()) next = std::min(next, sleepers_.begin()->first);
    if (waiter_) next = std::min(next, now_.boot + std::max(time_left(waiter_->first, now_), std::chrono::microseconds(0)));
    const auto length = std::max(next - now_.boot, BootTime(0));
    now_.boot += length;
    now_.utc += length;
    bool has_woken = false;
    while (!sleepers_.empty() && sleepers_.begin()->first <= now_.boot) {
        const auto resume = std::move(sleepers_.begin()->second);
        sleepers_.erase(sleepers_.begin());
        resume();
        has_woken = true;
    }
    if (waiter_ && has_passed(waiter_->first, now_)) {
        wake();
        has_woken = true;
    }
    return has_woken;
}

void VirtualClock::step(std::chrono::microseconds by) {
    now_.utc += by;
    wake();
}

void VirtualClock::crash() {
    sleepers_.clear();
    waiter_.reset();
    is_wake_wanted_ = false;
}

void VirtualClock::reboot(const std::string& boot_id, std::chrono::microseconds off) {
    before_boot_ += now_.boot;
    now_ = Now{now_.utc + off, BootTime(0), boot_id};
}

}  // namespace stint::simulation
