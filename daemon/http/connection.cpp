// The session's socket: writing, waiting, and the many ways to an end.
#include "http/session.hpp"

#include "log/log.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace stint::http {

namespace asio = boost::asio;
using boost::system::error_code;

Session::Session(std::shared_ptr<Host> host, LocalSocket socket)
    : host_(std::move(host)), socket_(std::move(socket)), watchdog_(host_->executor), wake_(host_->executor) {
    host_->sessions.insert(this);
}

Session::~Session() { leave(); }

void Session::leave() {
    if (host_->sessions.erase(this) != 0) host_->all_left.cancel();
}

Awaitable<void> Session::run(std::shared_ptr<Session> self) {
    try {
        co_await self->serve();
    } catch (const std::exception& error) {
        log::error("http.session_failed", {{"what", error.what()}});
    }
    self->hold_.reset();
    self->close();
    self->leave();
}

void Session::ask_to_leave() {
    if (is_idle_) close();
    wake_.cancel();
}

void Session::throw_out() {
    close();
    hold_.reset();
}

void Session::close() {
    has_ended_ = true;
    listener_->leave();
    error_code ignored;
    socket_.close(ignored);
    disarm();
    wake_.cancel();
}

void Session::arm(Clock::time_point until) {
    watchdog_.expires_at(until);
    watchdog_.async_wait([weak = weak_from_this()](error_code cancelled) {
        const auto self = weak.lock();
        // A wait that was overtaken by a later `arm` may have been on its way already.
        if (!cancelled && self && self->watchdog_.expiry() <= Clock::now()) self->close();
    });
}

void Session::disarm() { watchdog_.expires_at(Clock::time_point::max()); }

Awaitable<bool> Session::write(std::string bytes, Clock::time_point until) {
    if (has_ended_) co_return false;
    arm(until);
    error_code error;
    co_await asio::async_write(socket_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
    disarm();
    co_return !error;
}

/// Until then, or until something woke us.
Awaitable<void> Session::pause(Clock::time_point until) {
    wake_.expires_at(until);
    error_code cancelled;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

Awaitable<void> Session::wait_for(std::shared_ptr<const Settled> pending, Clock::time_point until, bool is_stream) {
    while (!pending->is_done && !has_ended_ && !(is_stream && must_stop_streaming()) && Clock::now() < until) co_await pause(until);
}

}  // namespace stint::http
