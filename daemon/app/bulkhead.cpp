// Waiting in line. A place that is given back goes straight to the next in line.
#include "app/bulkhead.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace stint {

boost::asio::awaitable<Bulkhead::Place> Bulkhead::enter() {
    if (free_ > 0) {
        --free_;
        co_return Place(this);
    }
    auto* waiting = &waiting_;
    auto initiation = [waiting](auto handler) {
        using Handler = decltype(handler);
        auto shared = std::make_shared<Handler>(std::move(handler));
        waiting->push_back([shared] {
            const auto executor = boost::asio::get_associated_executor(*shared);
            boost::asio::post(executor, std::move(*shared));
        });
    };
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(initiation, boost::asio::use_awaitable);
    co_return Place(this);
}

void Bulkhead::give_back() {
    if (waiting_.empty()) {
        ++free_;
        return;
    }
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next();
}

}  // namespace stint
