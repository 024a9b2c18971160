// JSON-RPC 2.0 by the rules of PROTOCOL.md: one line in, at most one line out, calls answered in any order. Checks
// the handshake, bounds what is in flight, turns exceptions into error objects. Touches no descriptor: serve.cpp does.
#pragma once

#include "plugins/sdk/plugin.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace stint::sdk {

/// Past this many calls under way, a further one is answered `busy`.
inline constexpr std::size_t max_calls_in_flight = 1024;

class Dispatcher : public std::enable_shared_from_this<Dispatcher> {
public:
    using Send = std::function<void(std::string line)>;  ///< the line ends in a newline
    using Finish = std::function<void()>;                ///< `shutdown` was answered
    /// A notification may be dropped where an answer may not.
    using SendNotification = std::function<void(std::string line)>;

    Dispatcher(boost::asio::any_io_executor executor, Plugin& plugin, Send send, SendNotification send_notification, Finish finish)
        : executor_(std::move(executor)),
          plugin_(plugin),
          send_(std::move(send)),
          send_notification_(std::move(send_notification)),
          finish_(std::move(finish)) {}

    /// One line from the broker, without its newline.
    void line(std::string_view text);
    void line_too_long();
    /// Ends: calls under way are cancelled and never answered; Plugin::shutdown has been called once when this returns.
    void stop() noexcept;
    [[nodiscard]] std::size_t in_flight() const noexcept { return calls_.size(); }

private:
    enum class State { fresh, greeting, ready, failed, stopped };

    void request(const boost::json::object& message);
    void initialize(const boost::json::value& id, const boost::json::object& params);
    void greet(const boost::json::value& id, const Identity& identity);
    static boost::asio::awaitable<void> greet_after(std::shared_ptr<Dispatcher> self, boost::json::value id, Identity identity,
                                                    boost::asio::awaitable<std::vector<std::string>> looking);
    void start_call(const boost::json::value& id, std::string method, boost::json::object params);
    void answer(const boost::json::value& id, const boost::json::object& result);
    void fail(const boost::json::value& id, int code, std::string_view reason, std::string_view message, int result_code = 0);
    void fail(const boost::json::value& id, const PluginError& error);
    static boost::asio::awaitable<void> run_call(std::shared_ptr<Dispatcher> self, boost::json::value id, std::string method,
                                                 boost::json::object params);

    boost::asio::any_io_executor executor_;
    Plugin& plugin_;
    Send send_;
    SendNotification send_notification_;
    Finish finish_;
    State state_ = State::fresh;
    std::uint64_t next_call_ = 1;
    std::map<std::uint64_t, std::unique_ptr<boost::asio::cancellation_signal>> calls_;
};

}  // namespace stint::sdk
