// Who waits for something to happen to a request, and is woken when it has.
#pragma once

#include "core/id.hpp"
#include "core/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

namespace stint {

class Changes {
public:
    /// From when it is made on, no news of its request is missed: make it before looking at what is there.
    class Watch {
    public:
        explicit Watch(const boost::asio::any_io_executor& io) : bell_(io) {}

    private:
        friend class Changes;
        boost::asio::steady_timer bell_;
        bool has_news_ = false;
    };

    explicit Changes(boost::asio::any_io_executor io) : io_(std::move(io)) {}

    /// Of `request` (0: of any), for as long as somebody keeps it.
    [[nodiscard]] std::shared_ptr<Watch> watch(RequestId request);
    /// True when something has happened since the watch was made, or it was ended; false when `patience` is over.
    [[nodiscard]] static boost::asio::awaitable<bool> wait(std::shared_ptr<Watch> watch, Seconds patience);
    /// Whoever waits with it waits no longer.
    static void end(Watch& watch);
    void happened(RequestId request);
    /// Wakes everybody, for good: the broker is going down.
    void end();
    [[nodiscard]] bool is_over() const noexcept { return is_over_; }

private:
    using Watches = std::vector<std::weak_ptr<Watch>>;
    static void ring(Watches& watches);
    void wake(RequestId key);

    boost::asio::any_io_executor io_;
    std::unordered_map<RequestId, Watches> watched_;
    std::size_t clean_at_ = 64;  ///< as many requests: time to forget those that nobody watches any more
    bool is_over_ = false;
};

}  // namespace stint
