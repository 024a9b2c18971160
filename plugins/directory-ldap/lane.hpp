// Keeps one connection up, in the background: dials at start, again when it was lost, with a back-off between
// failures. There are two lanes, so that removals never stand behind additions.
#pragma once

#include "plugins/directory-ldap/dialer.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace stint::directory_ldap {

class Lane : public std::enable_shared_from_this<Lane> {
public:
    Lane(boost::asio::any_io_executor executor, std::shared_ptr<Dialer> dialer, std::string name);
    void start();
    void stop() noexcept;
    /// The connection that stands, or the next one that does. Throws sdk::PluginError(unreachable) when dialling fails.
    [[nodiscard]] boost::asio::awaitable<std::shared_ptr<Connection>> connection();

    /// Returns when the first attempt to dial has ended, well or not, or when so much time has passed.
    [[nodiscard]] boost::asio::awaitable<void> first_attempt(std::chrono::milliseconds patience);

private:
    static boost::asio::awaitable<void> maintain(std::shared_ptr<Lane> self);
    [[nodiscard]] boost::asio::awaitable<void> dial();
    [[nodiscard]] bool is_up() const { return connection_ && connection_->is_usable(); }
    void leave_behind();

    std::shared_ptr<Dialer> dialer_;
    std::string name_;
    boost::asio::steady_timer wake_;     ///< ends the back-off
    boost::asio::steady_timer changed_;  ///< an attempt has ended
    std::shared_ptr<Connection> connection_;
    std::string last_error_;
    std::chrono::milliseconds back_off_{0};
    std::chrono::steady_clock::time_point may_retry_at_{};  ///< before it, callers are refused without dialling
    std::uint64_t attempts_ = 0;
    bool is_dialling_ = false, is_stopped_ = false;
};

}  // namespace stint::directory_ldap
