// Opening the door, letting people in, and closing it again.
#include "http/door.hpp"

#include "http/host.hpp"
#include "http/session.hpp"
#include "http/socket_path.hpp"
#include "log/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <vector>

namespace stint {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;

namespace http {

namespace {

constexpr std::size_t turned_away_at_once = 64, turned_away_per_uid = 2;

}  // namespace

Host::Host(asio::any_io_executor on, Service& asked, DoorSettings with)
    : executor(std::move(on)),
      service(asked),
      settings(std::move(with)),
      places(static_cast<std::size_t>(settings.connections), static_cast<std::size_t>(settings.connections_per_uid)),
      turned_away(turned_away_at_once, turned_away_per_uid),
      rate(settings.requests_per_minute),
      all_left(executor) {
    if (!settings.look_up_login) settings.look_up_login = login_by_nss;
    if (!settings.peer_uid) settings.peer_uid = peer_uid;
    LoginBook::Times times;
    times.patience = settings.times.login;
    logins = std::make_unique<LoginBook>(executor, settings.look_up_login, times);
}

void start_session(std::shared_ptr<Host> host, LocalSocket socket) {
    const auto executor = host->executor;
    asio::co_spawn(executor, Session::run(std::make_shared<Session>(std::move(host), std::move(socket))), asio::detached);
}

void ask_to_leave(Session& session) { session.ask_to_leave(); }
void throw_out(Session& session) { session.throw_out(); }

namespace {

/// Sessions come and go while they are told: tell those that are there now.
void for_each_session(const Host& host, void (*tell)(Session&)) {
    std::vector<std::weak_ptr<Session>> there;
    for (Session* session : host.sessions) there.push_back(session->weak_from_this());
    for (const auto& weak : there) {
        if (const auto session = weak.lock()) tell(*session);
    }
}

}  // namespace
}  // namespace http

class Door::Listener {
public:
    Listener(asio::any_io_executor executor, Service& service, DoorSettings settings)
        : host_(std::make_shared<http::Host>(executor, service, std::move(settings))), accepting_(std::make_shared<Accepting>(executor)) {}

    ~Listener() {
        stop_accepting();
        http::for_each_session(*host_, http::throw_out);
        host_->logins.reset();
    }

    void open() {
        const DoorSettings& settings = host_->settings;
        http::Descriptor listening;
        if (settings.inherited_socket) {
            listening = http::inherited_listener(*settings.inherited_socket);
        } else {
            path_ = std::make_unique<http::SocketPath>(settings.socket);
            listening = path_->take_listener();
        }
        accepting_->acceptor.assign(stream_protocol(), listening.get());
        static_cast<void>(listening.release());
        asio::co_spawn(host_->executor, accept(host_, accepting_), asio::detached);
        log::info("http.listening", {{"socket", settings.socket.native()}, {"inherited", settings.inherited_socket ? "yes" : "no"}});
    }

    static asio::awaitable<void> drain(std::shared_ptr<http::Host> host) {
        http::for_each_session(*host, http::ask_to_leave);
        co_await wait_until_empty(host, host->settings.times.drain);
        if (!host->sessions.empty()) log::warning("http.drain_cut_short", {{"connections", static_cast<std::int64_t>(host->sessions.size())}});
        http::for_each_session(*host, http::throw_out);
        co_await wait_until_empty(host, std::chrono::seconds(1));
    }

    std::shared_ptr<http::Host> begin_drain() {
        host_->counters.is_draining = true;
        stop_accepting();
        return host_;
    }

private:
    struct Accepting {
        explicit Accepting(const asio::any_io_executor& executor) : acceptor(executor), pause(executor) {}
        stream_protocol::acceptor acceptor;
        asio::steady_timer pause;
        bool is_over = false;
    };

    void stop_accepting() {
        accepting_->is_over = true;
        error_code ignored;
        accepting_->acceptor.close(ignored);
        accepting_->pause.cancel();
        path_.reset();
    }

    static asio::awaitable<void> accept(std::shared_ptr<http::Host> host, std::shared_ptr<Accepting> at) {
        bool is_short = false;
        while (!at->is_over) {
            error_code error;
            http::LocalSocket socket(host->executor);
            co_await at->acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
            if (!error) {
                is_short = false;
                http::start_session(host, std::move(socket));
                continue;
            }
            if (error == asio::error::connection_aborted || at->is_over) continue;
            if (!is_short) log::alarm("http.cannot_accept", {{"why", error.message()}});
            is_short = true;  // most likely of descriptors: accepting at once again would only spin
            at->pause.expires_after(std::chrono::milliseconds(100));
            error_code cancelled;
            co_await at->pause.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        }
    }

    static asio::awaitable<void> wait_until_empty(std::shared_ptr<http::Host> host, std::chrono::milliseconds patience) {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (!host->sessions.empty() && std::chrono::steady_clock::now() < until) {
            host->all_left.expires_at(until);
            error_code cancelled;
            co_await host->all_left.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        }
    }

    std::shared_ptr<http::Host> host_;
    std::shared_ptr<Accepting> accepting_;
    std::unique_ptr<http::SocketPath> path_;
};

Door::Door(asio::any_io_executor executor, Service& service, DoorSettings settings)
    : listener_(std::make_unique<Listener>(std::move(executor), service, std::move(settings))) {}
Door::~Door() = default;

void Door::open() { listener_->open(); }

asio::awaitable<void> Door::drain() { return Listener::drain(listener_->begin_drain()); }

}  // namespace stint
