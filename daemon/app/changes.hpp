// Who waits for something to happen to a request, and is woken when it has.
#pragma once

#include "core/id.hpp"
#include "core/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <unordered_map>
#include <vector>

namespace stint {

class Changes {
public:
    explicit Changes(boost::asio::any_io_executor io) : io_(std::move(io)) {}

    /// Waits until something happened to `request` (0: to any), or `patience` is over.
    [[nodiscard]] boost::asio::awaitable<void> wait(RequestId request, Seconds patience);
    void happened(RequestId request);
    /// Wakes everybody, for good: the broker is going down.
    void end();
    [[nodiscard]] bool is_over() const noexcept { return is_over_; }

private:
    using Waiters = std::vector<std::weak_ptr<boost::asio::steady_timer>>;
    void wake(RequestId key);

    boost::asio::any_io_executor io_;
    std::unordered_map<RequestId, Waiters> waiting_;
    bool is_over_ = false;
};

}  // namespace stint
