// The broker's HTTP API as the verbs call it: a target and JSON in, JSON or Trouble out. One connection a call.
#pragma once

#include "client/cli/http_response.hpp"
#include "client/cli/poll.hpp"
#include "client/cli/socket.hpp"
#include "client/cli/terminal.hpp"
#include "client/cli/trouble.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stint::cli {

/// May a call whose answer was lost be made again?
enum class Repeat {
    safe,  ///< it changes nothing, or its Idempotency-Key makes the second the same as the first
    once,  ///< no: the caller is told that the outcome is not known
};

struct ApiOptions {
    std::string socket;
    std::optional<std::string> act_as;
    std::chrono::milliseconds timeout{60'000};   ///< for one answer, from connecting to its last byte
    std::chrono::milliseconds patience{15'000};  ///< how long a lost call is tried again
};

class Api {
public:
    /// Throws Trouble when `act_as` cannot be sent.
    Api(ApiOptions options, Terminal& terminal);

    /// The same, with less time for an answer.
    [[nodiscard]] Api within(std::chrono::milliseconds timeout) const;

    /// Throw Trouble: the broker's refusal, or why there is no answer.
    [[nodiscard]] boost::json::object get(std::string_view target) const;
    [[nodiscard]] boost::json::object post(std::string_view target, const boost::json::object& body, Repeat repeat) const;

    /// Sends a GET for a stream of events and reads the head of the answer. Throws NotReachable, ConnectionLost,
    /// BadResponse, and Trouble when the broker refuses.
    [[nodiscard]] std::pair<Socket, HttpResponse> open_stream(std::string_view target, std::string_view last_event_id) const;
    [[nodiscard]] Trouble unreachable(std::string_view why) const;

private:
    [[nodiscard]] boost::json::object call(const std::string& request, Repeat repeat) const;
    [[nodiscard]] HttpResponse exchange(const std::string& request) const;
    [[nodiscard]] std::string head(std::string_view method, std::string_view target) const;
    ApiOptions options_;
    Terminal& terminal_;
};

/// "?a=1&b=2" of those that have a value, percent-encoded; "" when none has.
[[nodiscard]] std::string query(const std::vector<std::pair<std::string_view, std::string>>& fields);

}  // namespace stint::cli
