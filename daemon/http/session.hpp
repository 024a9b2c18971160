// One connection: reads requests, has them answered, streams. Owns its socket; every wait has an end; whatever goes
// wrong ends this connection and nothing else. A service call once begun is never cancelled, only no longer waited for.
#pragma once

#include "http/host.hpp"
#include "http/request_reader.hpp"
#include "http/routes.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace stint::http {

template <class T>
using Awaitable = boost::asio::awaitable<T>;

class Session : public std::enable_shared_from_this<Session> {
public:
    using Clock = std::chrono::steady_clock;

    Session(std::shared_ptr<Host> host, LocalSocket socket);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    static Awaitable<void> run(std::shared_ptr<Session> self);
    void ask_to_leave();
    void throw_out();

private:
    /// A call of the service that runs on its own; the session waits for it as long as it likes.
    struct Settled {
        bool is_done = false;
        std::exception_ptr error;
    };
    template <class T>
    struct Pending : Settled {
        std::optional<T> value;
    };
    template <class T>
    [[nodiscard]] std::shared_ptr<Pending<T>> begin(Awaitable<T> work);
    template <class T>
    static Awaitable<void> settle(std::shared_ptr<Session> self, Awaitable<T> work, std::shared_ptr<Pending<T>> pending);

    struct Admission {
        std::optional<Answer> refusal;
        const Route* route = nullptr;
        Call call;
    };
    struct StreamWish {
        std::optional<RequestId> request;
        std::optional<EventSeq> after;
    };

    // session.cpp: requests and answers
    Awaitable<void> serve();
    Awaitable<bool> read_request(bool is_first);
    Awaitable<bool> serve_one();
    Awaitable<Admission> admit(Request request);
    Awaitable<void> attest(Admission& admission);
    Awaitable<Answer> ask(Handler handler, Call call);
    Awaitable<bool> reply(Answer answer, Request request);
    Awaitable<void> linger();

    // stream.cpp: server-sent events
    Awaitable<void> stream(Call call, Part part);
    Awaitable<std::optional<Answer>> open_stream(Call call, Part part, StreamWish wish, std::optional<Told>& first);
    Awaitable<void> pump(Call call, StreamWish wish, std::optional<Told> news);
    Awaitable<bool> wait_for_changes(std::shared_ptr<const Settled> pending, Request request);
    static Awaitable<void> watch_peer(std::shared_ptr<Session> self);

    // connection.cpp: bytes, waits and the end
    Awaitable<bool> write(std::string bytes, Clock::time_point until);
    Awaitable<void> pause(Clock::time_point until);
    Awaitable<void> wait_for(std::shared_ptr<const Settled> pending, Clock::time_point until, bool is_stream);
    [[nodiscard]] bool must_stop_streaming() const { return has_ended_ || host_->counters.is_draining; }
    void arm(Clock::time_point until);
    void disarm();
    void close();
    void leave();

    std::shared_ptr<Host> host_;
    LocalSocket socket_;
    std::optional<Uid> uid_;
    RequestReader reader_;
    std::array<char, 4096> came_{};
    boost::asio::steady_timer watchdog_;  ///< closes the socket under a read or write that takes too long
    boost::asio::steady_timer wake_;      ///< cancelled when something happened that a wait looks for
    Clock::time_point deadline_;          ///< of the request under way
    const std::shared_ptr<Listener> listener_ = std::make_shared<Listener>();  ///< to changes
    std::shared_ptr<Hold> hold_;          ///< let go the moment the client is gone
    bool is_idle_ = false;                ///< between two requests
    bool has_ended_ = false;              ///< closed, or the client is gone
};

template <class T>
std::shared_ptr<Session::Pending<T>> Session::begin(Awaitable<T> work) {
    auto pending = std::make_shared<Pending<T>>();
    boost::asio::co_spawn(host_->executor, settle(shared_from_this(), std::move(work), pending), boost::asio::detached);
    return pending;
}

template <class T>
Awaitable<void> Session::settle(std::shared_ptr<Session> self, Awaitable<T> work, std::shared_ptr<Pending<T>> pending) {
    try {
        pending->value.emplace(co_await std::move(work));
    } catch (...) {
        pending->error = std::current_exception();
    }
    pending->is_done = true;
    self->wake_.cancel();
}

}  // namespace stint::http
