// Calls and answers over one pair of descriptors, for as long as the other side keeps to the protocol. It ends
// once, for good, and then every waiter has its fault; starting anew is the supervisor's affair (plugin_process).
// Everything runs on the one io thread.
#pragma once

#include "plugin_host/descriptor.hpp"
#include "plugin_host/plugin_spec.hpp"
#include "wire/jsonrpc.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace stint::plugin_host {

/// Does a call change anything outside? It decides what a missing answer means (ports/fault.hpp).
enum class Impact { read, write };

using Outcome = std::variant<boost::json::object, wire::RpcError>;

class Connection : public std::enable_shared_from_this<Connection> {
public:
    using Executor = boost::asio::any_io_executor;
    struct Handlers {
        std::function<void(const std::string& method, const boost::json::object& params)> notified;
        std::function<void()> ended;
    };

    /// `input` is what we write, `output` what we read; they may be two copies of one socket.
    Connection(Executor executor, std::shared_ptr<const PluginSpec> spec, Descriptor input, Descriptor output);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    void start(Handlers handlers);

    /// One call. Throws Fault: `busy` or `refused` when nothing was sent; when no answer comes, `unreachable` for a
    /// read and for a write that was certainly not sent, else `unknown_outcome`. A cancelled call throws
    /// boost::system::system_error(operation_aborted); its answer will be ignored.
    [[nodiscard]] static boost::asio::awaitable<Outcome> call(std::shared_ptr<Connection> self, std::string method,
                                                              boost::json::object params, Impact impact,
                                                              std::chrono::milliseconds patience);
    /// Ends it: fails every waiter, closes both descriptors. `is_nonsense`: the other side broke the protocol.
    void end(std::string why, bool is_nonsense = false);
    /// Tells the other side that no more calls will come, after those that are waiting to be written.
    void close_input();

    [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
    [[nodiscard]] const std::string& why() const noexcept { return why_; }
    [[nodiscard]] bool was_nonsense() const noexcept { return was_nonsense_; }

private:
    struct Waiter;
    struct Forgetting;
    using WaiterPtr = std::shared_ptr<Waiter>;

    static boost::asio::awaitable<void> write_loop(std::shared_ptr<Connection> self);
    static boost::asio::awaitable<void> read_loop(std::shared_ptr<Connection> self);
    [[nodiscard]] WaiterPtr enqueue(std::string method, boost::json::object params, Impact impact);
    [[nodiscard]] std::string next_batch();
    [[noreturn]] void give_up(const Waiter& waiter, bool is_cancelled);
    void forget(const Waiter& waiter) noexcept;
    void take_chunk(std::string_view bytes);
    void take(std::string_view line);
    void take_answer(wire::RpcResponse response);
    [[nodiscard]] bool is_talking_too_much();

    Executor executor_;
    std::shared_ptr<const PluginSpec> spec_;
    boost::asio::posix::stream_descriptor input_, output_;
    boost::asio::steady_timer writer_wake_, reader_pause_;
    Handlers handlers_;
    wire::LineSplitter splitter_;
    std::map<std::int64_t, WaiterPtr> waiters_;
    std::deque<WaiterPtr> unsent_;
    std::size_t unsent_bytes_ = 0;
    std::int64_t next_id_ = 1;
    int timeouts_in_a_row_ = 0;
    int unasked_lines_ = 0;      ///< since `window_`
    std::chrono::steady_clock::time_point window_{};
    bool has_odd_answer_ = false, is_input_closing_ = false, has_ended_ = false, was_nonsense_ = false;
    std::string why_;
};

}  // namespace stint::plugin_host
