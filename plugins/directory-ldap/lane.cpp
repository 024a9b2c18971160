// One coroutine dials and waits for the loss; callers wait for the attempt under way, or cut the back-off short.
#include "plugins/directory-ldap/lane.hpp"

#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/stderr_log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds first_back_off = 200ms, longest_back_off = 15s;
/// A wrong password costs a try of the account's lock-out policy.
constexpr std::chrono::milliseconds password_back_off = 2s, longest_password_back_off = 60s;
constexpr auto stable_after = 1s;

}  // namespace

Lane::Lane(asio::any_io_executor executor, std::shared_ptr<Dialer> dialer, std::string name)
    : dialer_(std::move(dialer)), name_(std::move(name)), wake_(executor, Clock::time_point::max()), changed_(executor, Clock::time_point::max()) {}

void Lane::start() { asio::co_spawn(wake_.get_executor(), maintain(shared_from_this()), asio::detached); }

void Lane::stop() noexcept {
    is_stopped_ = true;
    if (connection_) connection_->close("shutting down");
    wake_.cancel();
    changed_.cancel();
}

asio::awaitable<void> Lane::dial() {
    is_dialling_ = true;
    try {
        connection_ = co_await dialer_->dial();
    } catch (const DialFailed& error) {
        const bool is_news = last_error_ != error.what();
        last_error_ = error.what();
        const auto shortest = error.is_password_wrong() ? password_back_off : first_back_off;
        back_off_ = std::clamp(back_off_ * 2, shortest, error.is_password_wrong() ? longest_password_back_off : longest_back_off);
        may_retry_at_ = Clock::now() + shortest;
        if (is_news && !is_stopped_) sdk::log_line("cannot connect for " + name_ + ": " + last_error_);
    }
    is_dialling_ = false;
    ++attempts_;
    changed_.cancel();
}

asio::awaitable<void> Lane::maintain(std::shared_ptr<Lane> self) {
    while (!self->is_stopped_) {
        co_await self->dial();
        if (self->is_stopped_) break;
        if (self->is_up()) {
            const auto connection = self->connection_;
            const auto since = Clock::now();
            co_await connection->lost();
            if (self->is_stopped_) break;
            sdk::log_line((connection->is_retired() ? "leaving " : "lost ") + connection->server() + " for " + self->name_ + ": " + connection->why_lost());
            self->last_error_ = connection->server() + ": " + connection->why_lost();
            if (Clock::now() - since > stable_after || connection->is_retired()) {
                self->back_off_ = 0ms;
                continue;
            }
            self->back_off_ = std::clamp(self->back_off_ * 2, first_back_off, longest_back_off);
        }
        self->wake_.expires_after(self->back_off_);
        boost::system::error_code ignored;
        co_await self->wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (self->connection_) self->connection_->close("shutting down");
}

/// After a failover by the other lane: both should write to the same server, so that reads tell of either's writes.
void Lane::leave_behind() {
    const auto& wanted = dialer_->preferred_server();
    if (is_up() && connection_->server() != wanted) connection_->retire("moving to " + wanted);
}

asio::awaitable<void> Lane::first_attempt(std::chrono::milliseconds patience) {
    asio::steady_timer limit(changed_.get_executor(), patience);
    limit.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
        if (!cancelled) self->changed_.cancel();
    });
    const auto end = limit.expiry();
    while (attempts_ == 0 && !is_stopped_ && Clock::now() < end) {
        boost::system::error_code ignored;
        co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

asio::awaitable<std::shared_ptr<Connection>> Lane::connection() {
    leave_behind();
    if (!is_up() && !is_stopped_) {
        if (!is_dialling_) {
            if (Clock::now() < may_retry_at_)
                throw sdk::PluginError(sdk::Reason::unreachable, "no directory server can be used: " + last_error_);
            wake_.cancel();
        }
        const auto seen = attempts_;
        while (attempts_ == seen && !is_stopped_) {
            boost::system::error_code ignored;
            co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }
    if (!is_up()) throw sdk::PluginError(sdk::Reason::unreachable, "no directory server can be used: " + last_error_);
    co_return connection_;
}

}  // namespace stint::directory_ldap
