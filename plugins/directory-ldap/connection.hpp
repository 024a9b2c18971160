// One bound connection with many operations in flight. Owns the libldap handle and the deadlines; the first
// failure ends it for good: every waiter is told, the handle is unbound once and never touched again. A search that is
// late is no such failure while the server still answers anything: it is given up alone.
// Used on the io thread only. It does not dial (dialer.hpp) and does not know what an operation means.
#pragma once

#include "plugins/directory-ldap/operation.hpp"
#include "plugins/directory-ldap/outflow.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>

namespace stint::directory_ldap {

/// No answer came: the connection ended, or the time was up.
class ConnectionLost : public std::runtime_error {
public:
    ConnectionLost(const std::string& why, bool was_sent, bool was_late)
        : std::runtime_error(why), was_sent_(was_sent), was_late_(was_late) {}
    /// The operation had left, or part of it: what became of it is not known.
    [[nodiscard]] bool was_sent() const noexcept { return was_sent_; }
    /// The server did not answer in time; asking again would take as long.
    [[nodiscard]] bool was_late() const noexcept { return was_late_; }

private:
    bool was_sent_;
    bool was_late_;
};

struct ConnectionLimits {
    int window = 64;                           ///< operations sent and not answered
    std::chrono::milliseconds operation{10'000};
    std::size_t max_waiting = 4096;            ///< operations not sent yet; beyond it they are refused at once
    std::size_t max_entries = 20'000;          ///< of one search
};

class Connection : public std::enable_shared_from_this<Connection> {
    struct Waiter;

public:
    using Pending = std::shared_ptr<Waiter>;

    /// Takes a connected handle (TLS done) and its descriptor, which it duplicates and makes non-blocking.
    Connection(boost::asio::any_io_executor executor, struct ldap* handle, int descriptor, std::string server, ConnectionLimits limits);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    void start();  ///< begins to read; once

    /// Sends when the window allows. Never throws and never waits: the answer, or the loss, comes through `reply`.
    [[nodiscard]] Pending begin(Operation operation);
    /// Throws ConnectionLost.
    [[nodiscard]] boost::asio::awaitable<Reply> reply(Pending pending);
    [[nodiscard]] boost::asio::awaitable<Reply> run(Operation operation);
    /// Nobody waits for this search any more: its place is free again, and an answer that comes is dropped.
    void abandon(const Pending& search);

    void close(const std::string& why);
    /// Who has it goes on with it, and others are to look elsewhere: it ends when nothing is under way on it.
    void retire(const std::string& why);
    [[nodiscard]] bool is_retired() const noexcept { return is_retired_; }
    [[nodiscard]] bool is_usable() const noexcept { return is_open() && !is_retired_; }
    [[nodiscard]] bool is_open() const noexcept { return handle_ != nullptr; }
    [[nodiscard]] bool is_idle() const noexcept { return in_flight_.empty() && waiting() == 0; }
    [[nodiscard]] const std::string& server() const noexcept { return server_; }
    [[nodiscard]] const std::string& why_lost() const noexcept { return why_lost_; }
    /// Returns when the connection has ended or retires, at once when it has already.
    [[nodiscard]] boost::asio::awaitable<void> lost();

private:
    static boost::asio::awaitable<void> read(std::shared_ptr<Connection> self);
    [[nodiscard]] std::size_t waiting() const noexcept { return finishing_.size() + beginning_.size(); }
    void send_waiting();
    void send_one(const Pending& pending);
    void push_on();
    void drain();
    void take(struct ldapmsg* message);
    void finish(const Pending& pending);
    void go_on();
    void give_up(const Pending& pending);
    void heard();
    void look_for_life();
    [[nodiscard]] bool is_silent() const;
    void lose(const std::string& why, bool is_late = false);

    boost::asio::any_io_executor executor_;
    Outflow outflow_;
    bool is_retired_ = false;
    bool is_pushing_ = false;  ///< waits for the socket to take more
    struct ldap* handle_;
    boost::asio::posix::stream_descriptor readiness_;
    boost::asio::steady_timer lost_;
    std::string server_;
    ConnectionLimits limits_;
    std::string why_lost_;
    std::chrono::steady_clock::time_point heard_at_;                  ///< anything at all
    std::optional<std::chrono::steady_clock::time_point> probed_at_;  ///< and nothing was heard since
    boost::asio::steady_timer probe_limit_;
    std::unordered_map<int, Pending> in_flight_;  ///< by message id
    std::deque<Pending> finishing_;  ///< writes and the reads behind them: what ends a call goes before
    std::deque<Pending> beginning_;  ///< what begins one, or a thousand additions would all end together
};

}  // namespace stint::directory_ldap
