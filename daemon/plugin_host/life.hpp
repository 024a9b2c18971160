// One life of a plugin: a child process or a connection to a socket, with its calls and its standard error, from
// start to the last sign of it. Judges nothing that is said; the supervisor does (plugin_process).
#pragma once

#include "plugin_host/child.hpp"
#include "plugin_host/connection.hpp"
#include "plugin_host/errors_log.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace stint::plugin_host {

class Life : public std::enable_shared_from_this<Life> {
public:
    /// Starts the program, or connects to the socket. Throws std::system_error.
    [[nodiscard]] static std::shared_ptr<Life> begin(boost::asio::any_io_executor executor, std::shared_ptr<const PluginSpec> spec);
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    /// Starts reading and writing. `notified` may be called until `kill`.
    void start(decltype(Connection::Handlers::notified) notified);
    [[nodiscard]] const std::shared_ptr<Connection>& connection() const noexcept { return connection_; }
    [[nodiscard]] std::int64_t pid() const noexcept { return child_ ? child_->pid() : 0; }

    /// The process has ended or the connection has.
    [[nodiscard]] bool has_ended() const noexcept { return has_exited_ || connection_->has_ended(); }
    /// Waits until `has_ended`, or somebody called `wake`, at most `patience`.
    [[nodiscard]] static boost::asio::awaitable<void> ended(std::shared_ptr<Life> self, std::chrono::milliseconds patience);
    void wake() { bell_.cancel(); }

    /// Lets the rest of its answers in, ends what is left, and tells why it ended, for people. What may still be
    /// waited for is a fifth of a second.
    [[nodiscard]] static boost::asio::awaitable<std::string> conclude(std::shared_ptr<Life> self);
    /// Asks nicely: closes its input, waits, SIGTERM, waits, and leaves the rest to `conclude`.
    [[nodiscard]] static boost::asio::awaitable<void> ask_to_end(std::shared_ptr<Life> self, std::chrono::milliseconds patience,
                                                                 std::chrono::milliseconds term_patience);
    /// Ends everything at once, without waiting for the io thread: fails every waiter, kills, reaps.
    void kill(const std::string& why);

private:
    Life(boost::asio::any_io_executor executor, std::shared_ptr<const PluginSpec> spec);
    void begin_program();
    void begin_socket();
    void watch();
    [[nodiscard]] static boost::asio::awaitable<void> wait_until(std::shared_ptr<Life> self, bool (*is_done)(const Life&),
                                                                 std::chrono::milliseconds patience);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<const PluginSpec> spec_;
    boost::asio::posix::stream_descriptor watcher_;  ///< on a copy of the pidfd
    boost::asio::steady_timer bell_;
    std::unique_ptr<Child> child_;                   ///< absent behind a socket
    std::shared_ptr<ErrorsLog> errors_;
    std::shared_ptr<Connection> connection_;
    bool has_exited_ = false;
};

}  // namespace stint::plugin_host
