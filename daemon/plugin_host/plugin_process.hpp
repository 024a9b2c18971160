// One plugin, kept running: started or connected to, greeted, called, restarted with back-off for ever, and ended
// in order. What its methods mean is known to the Remote… classes. All members are called on the io thread, which
// must be the thread that runs the context for as long as the process lives (a child dies with it).
#pragma once

#include "plugin_host/connection.hpp"
#include "plugin_host/plugin_spec.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace stint {

/// A plugin cannot be used. `is_final`: it was looked at and refused (no such program, another protocol or kind, its
/// settings are wrong) and will not be tried again; otherwise it is still being tried.
class PluginNotReady : public std::runtime_error {
public:
    PluginNotReady(const std::string& message, bool is_final) : std::runtime_error(message), is_final_(is_final) {}
    [[nodiscard]] bool is_final() const noexcept { return is_final_; }

private:
    bool is_final_;
};

class PluginProcess {
public:
    /// Called with each notification; must not throw.
    using Notified = std::function<void(const std::string& method, const boost::json::object& params)>;

    /// Kills it and fails every call under way. Never blocks for more than a second.
    ~PluginProcess();
    PluginProcess(const PluginProcess&) = delete;
    PluginProcess& operator=(const PluginProcess&) = delete;

    /// Returns when the handshake has passed. Throws PluginNotReady when it is refused, or not up after `patience`.
    [[nodiscard]] boost::asio::awaitable<void> ready(std::chrono::milliseconds patience);
    [[nodiscard]] bool is_up() const noexcept;
    [[nodiscard]] const std::string& name() const noexcept;
    /// As it said in the last handshake; "" and false before any.
    [[nodiscard]] const std::string& version() const noexcept;
    [[nodiscard]] bool has_capability(std::string_view capability) const noexcept;
    /// The running child's number, 0 when there is none.
    [[nodiscard]] std::int64_t pid() const noexcept;

    /// One call with the spec's deadline; its result. Throws Fault as the ports promise: at once `unreachable` while
    /// the plugin is down.
    [[nodiscard]] boost::asio::awaitable<boost::json::object> call(std::string method, boost::json::object params,
                                                                   plugin_host::Impact impact);
    void on_notification(Notified handler);

    /// `shutdown`, end of input, SIGTERM, SIGKILL, each with its patience; returns when it is gone. Safe to call twice.
    [[nodiscard]] boost::asio::awaitable<void> shutdown();

private:
    friend std::shared_ptr<PluginProcess> start_plugin(boost::asio::any_io_executor executor, PluginSpec spec);
    struct Keeper;
    explicit PluginProcess(std::shared_ptr<Keeper> keeper);
    std::shared_ptr<Keeper> keeper_;
};

/// Starts it in the background; `ready` tells how that went. Ignores SIGPIPE for the process, unless it is handled:
/// a plugin that dies must not take the broker along.
[[nodiscard]] std::shared_ptr<PluginProcess> start_plugin(boost::asio::any_io_executor executor, PluginSpec spec);

}  // namespace stint
