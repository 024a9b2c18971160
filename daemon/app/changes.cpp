// Waiting is a timer that is cancelled when there is news. Only people's patience is measured here, never a right.
#include "app/changes.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace stint {

boost::asio::awaitable<void> Changes::wait(RequestId request, Seconds patience) {
    auto timer = std::make_shared<boost::asio::steady_timer>(io_, patience);
    Waiters& waiters = waiting_[request];
    std::erase_if(waiters, [](const auto& waiter) { return waiter.expired(); });
    waiters.push_back(timer);
    boost::system::error_code woken;
    co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
    timer.reset();
    const auto found = waiting_.find(request);
    if (found == waiting_.end()) co_return;
    std::erase_if(found->second, [](const auto& waiter) { return waiter.expired(); });
    if (found->second.empty()) waiting_.erase(found);
}

void Changes::wake(RequestId key) {
    const auto found = waiting_.find(key);
    if (found == waiting_.end()) return;
    for (const auto& waiter : found->second) {
        if (const auto timer = waiter.lock()) timer->cancel();
    }
}

void Changes::happened(RequestId request) {
    wake(request);
    wake(RequestId{});
}

void Changes::end() {
    is_over_ = true;
    for (const auto& [request, waiters] : waiting_) {
        for (const auto& waiter : waiters) {
            if (const auto timer = waiter.lock()) timer->cancel();
        }
    }
}

}  // namespace stint
