// The JSON-RPC loop that every C++ plugin shares: framing, handshake, error objects, concurrent calls,
// shutdown. It knows nothing of directories or mail. Protocol in words: PROTOCOL.md beside this file.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stint::sdk {

/// Why a call failed, in the protocol's words; the numbers are the JSON-RPC codes.
enum class Reason {
    invalid_params = -32602,
    unknown_method = -32601,
    unreachable = 1,
    unknown_outcome = 2,
    refused = 3,
    not_found = 4,
    not_allowed = 5,
    busy = 6,
};

/// Thrown by a plugin's handler; becomes a JSON-RPC error object. `message` is for an administrator and
/// must hold no secret. `result_code` is the outside's own number (an LDAP result code), 0 for none.
class PluginError : public std::runtime_error {
public:
    PluginError(Reason reason, const std::string& message, int result_code = 0)
        : std::runtime_error(message), reason_(reason), result_code_(result_code) {}
    [[nodiscard]] Reason reason() const noexcept { return reason_; }
    [[nodiscard]] int result_code() const noexcept { return result_code_; }

private:
    Reason reason_;
    int result_code_;
};

/// What a plugin says of itself in the handshake.
struct Identity {
    std::string name;     ///< the program's name, "directory-ldap"
    std::string version;
    std::string kind;     ///< "directory", "ticket", "notify" or "sink"
    std::vector<std::string> capabilities;
};

/// Sends a JSON-RPC notification to the broker; may be kept and called from the io thread at any time.
using Notify = std::function<void(std::string_view method, boost::json::object params)>;

/// One plugin. All members are called on the one io thread; `call` may be under way many times at once.
class Plugin {
public:
    virtual ~Plugin() = default;
    /// Checks the settings and keeps them. Throws PluginError(invalid_params) naming the key at fault.
    [[nodiscard]] virtual Identity initialize(const boost::json::object& settings, Notify notify) = 0;
    /// Asked once, after `initialize` and before it is answered: what the plugin finds out about the outside, as further
    /// capabilities. May wait a few seconds, must not throw; nullopt when there is nothing to look at.
    [[nodiscard]] virtual std::optional<boost::asio::awaitable<std::vector<std::string>>> look_around() { return std::nullopt; }
    /// Answers one call. Throws PluginError; any other exception is reported as `refused` with a generic text.
    [[nodiscard]] virtual boost::asio::awaitable<boost::json::object> call(std::string_view method,
                                                                           boost::json::object params) = 0;
    /// Called once before the process ends. Must not block for more than a second.
    virtual void shutdown() noexcept {}
};

/// Runs the loop on standard input and output until `shutdown` or end of file; returns the exit status.
/// Blocks SIGPIPE, and sets LDAPNOINIT-like process state for nobody: that is the plugin's affair.
[[nodiscard]] int serve(boost::asio::io_context& io, Plugin& plugin);

/// Reads a secret: `<key>_credential` from $CREDENTIALS_DIRECTORY or `<key>_file` from a file that only its
/// owner (this user or root) can read. Throws PluginError(invalid_params) saying which file and what is wrong.
/// One trailing newline is removed. Returns "" when neither key is there.
[[nodiscard]] std::string read_secret(const boost::json::object& settings, std::string_view key);

/// Throws PluginError(invalid_params) for the first key of `settings` that is not in `known`, with the nearest right one.
void refuse_unknown_keys(const boost::json::object& settings, const std::vector<std::string_view>& known);

}  // namespace stint::sdk
