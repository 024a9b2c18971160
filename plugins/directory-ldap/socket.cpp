// Looks the name up, tries its addresses in order, all under one limit. A name server that does not answer is
// left behind: its thread is Asio's, and nobody waits for it.
#include "plugins/directory-ldap/socket.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Stream = asio::generic::stream_protocol;
using TimePoint = std::chrono::steady_clock::time_point;

/// Shared with the handlers, which may come after everybody has gone.
struct Lookup {
    explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
    tcp::resolver resolver;
    asio::steady_timer done;
    std::vector<Stream::endpoint> found;
    boost::system::error_code error = asio::error::timed_out;
};

struct Attempt {
    explicit Attempt(const asio::any_io_executor& executor) : socket(executor), timer(executor) {}
    Stream::socket socket;
    asio::steady_timer timer;
    bool is_over = false, is_late = false;
};

asio::awaitable<std::vector<Stream::endpoint>> addresses(asio::any_io_executor executor, Server server, TimePoint limit) {
    std::vector<Stream::endpoint> one;
    if (server.transport == Transport::ldapi) {
        one.emplace_back(asio::local::stream_protocol::endpoint(server.host));
        co_return one;
    }
    boost::system::error_code not_numeric;
    const auto address = asio::ip::make_address(server.host, not_numeric);
    if (!not_numeric) {
        one.emplace_back(tcp::endpoint(address, static_cast<asio::ip::port_type>(server.port)));
        co_return one;
    }
    auto lookup = std::make_shared<Lookup>(executor);
    lookup->done.expires_at(limit);
    lookup->resolver.async_resolve(server.host, std::to_string(server.port),
                                   [lookup](const boost::system::error_code& error, const tcp::resolver::results_type& results) {
                                       lookup->error = error;
                                       for (const auto& one : results) lookup->found.emplace_back(one.endpoint());
                                       lookup->done.cancel();
                                   });
    boost::system::error_code ignored;
    co_await lookup->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    lookup->resolver.cancel();
    if (lookup->error) throw std::runtime_error("the name cannot be looked up: " + lookup->error.message());
    co_return lookup->found;
}

asio::awaitable<boost::system::error_code> attempt(std::shared_ptr<Attempt> state, Stream::endpoint endpoint, TimePoint limit) {
    state->timer.expires_at(limit);
    state->timer.async_wait([state](const boost::system::error_code& cancelled) {
        if (cancelled || state->is_over) return;
        state->is_late = true;
        boost::system::error_code ignored;
        state->socket.close(ignored);
    });
    boost::system::error_code error;
    co_await state->socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    state->is_over = true;
    state->timer.cancel();
    if (state->is_late) error = asio::error::timed_out;
    co_return error;
}

/// A peer that vanished without a word is noticed in a minute, also when nothing is asked of it.
void keep_alive(int descriptor, bool is_tcp) {
    if (!is_tcp) return;
    const int on = 1, idle_s = 30, interval_s = 10, count = 3;
    ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

asio::awaitable<int> connected_socket(asio::any_io_executor executor, Server server, TimePoint limit) {
    const auto endpoints = co_await addresses(executor, server, limit);
    boost::system::error_code error = asio::error::host_not_found;
    for (const auto& endpoint : endpoints) {
        auto state = std::make_shared<Attempt>(executor);
        error = co_await attempt(state, endpoint, limit);
        if (error) continue;
        const int descriptor = state->socket.release();
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
        keep_alive(descriptor, server.transport != Transport::ldapi);
        co_return descriptor;
    }
    throw std::runtime_error("it cannot be connected to: " + error.message());
}

}  // namespace stint::directory_ldap
