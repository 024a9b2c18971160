// JSON-RPC 2.0 between the broker and its plugins: one message a line, in both directions, as
// plugins/sdk/PROTOCOL.md tells it. Only framing and shapes; what a method means is not known here, and
// nothing here reads or writes a descriptor.
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace stint::wire {

/// The longest line either side may send, without its newline.
inline constexpr std::size_t max_line_bytes = 1024 * 1024;

/// Cuts a stream of bytes into lines. Holds one unfinished line at most, never more than the limit.
class LineSplitter {
public:
    explicit LineSplitter(std::size_t limit = max_line_bytes) : limit_(limit) {}
    /// Adds bytes; take the lines out with `next` before adding more.
    void feed(std::string_view bytes);
    /// The next whole line without its newline (a carriage return before it is dropped too), absent when there
    /// is none yet. Throws std::length_error when a line is longer than the limit.
    [[nodiscard]] std::optional<std::string> next();
    /// There are bytes of a line that has not ended.
    [[nodiscard]] bool has_unfinished() const noexcept { return start_ < buffer_.size(); }

private:
    std::size_t limit_;
    std::string buffer_;
    std::size_t start_ = 0;    ///< of the first line that was not taken
    std::size_t looked_ = 0;   ///< no newline between `start_` and here
};

/// A JSON-RPC error object. `reason`, `detail` and `result_code` come from its `data`; "" and 0 when absent.
struct RpcError {
    int code = 0;
    std::string message;
    std::string reason;
    std::string detail;
    int result_code = 0;
};

/// A call (`id` present) or a notification (`id` absent).
struct RpcRequest {
    std::optional<std::int64_t> id;
    std::string method;
    boost::json::object params;
};

/// The answer to a call.
struct RpcResponse {
    std::int64_t id = 0;
    std::variant<boost::json::object, RpcError> outcome;
};

using RpcMessage = std::variant<RpcRequest, RpcResponse>;

/// One line as a message. Throws std::invalid_argument that says what is wrong without repeating the line: not
/// JSON, not JSON-RPC 2.0, an id that is no whole number, parameters or a result that are no object, a result
/// and an error at once.
[[nodiscard]] RpcMessage parse_message(std::string_view line);

/// The line for a message, with its newline. Throws std::invalid_argument when it could not be read by the
/// other side: a text that is not UTF-8, or longer than `max_line_bytes`.
[[nodiscard]] std::string to_line(const RpcRequest& request);
[[nodiscard]] std::string to_line(const RpcResponse& response);

}  // namespace stint::wire
