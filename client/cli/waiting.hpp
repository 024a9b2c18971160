// Waiting for a request's answer: follows its events and shows where it stands.
#pragma once

#include "client/cli/api.hpp"
#include "client/cli/event_stream.hpp"
#include "client/cli/exit_code.hpp"

#include <boost/json/object.hpp>

#include <optional>

namespace stint::cli {

/// A request as the broker told it: for drawing, and raw for `--json`.
struct SeenRequest {
    explicit SeenRequest(boost::json::object object);
    boost::json::object json;
    RequestView view;
};

/// The request in an event; nothing when the event is about something else. Throws std::invalid_argument.
[[nodiscard]] std::optional<SeenRequest> request_in(const SseEvent& event);

struct WaitOptions {
    std::optional<Clock::time_point> until;  ///< give up then
    EventStream* also = nullptr;             ///< kept alive meanwhile
};

/// Brings `request` up to date until `exit_of` knows an answer; false when `until` came first. Throws Interrupted and
/// Trouble; `request` then holds what was seen last.
[[nodiscard]] bool wait_for_answer(SeenRequest& request, EventStream& events, Terminal& terminal, const WaitOptions& options = {});

/// The target of one request: "/v1/requests/12", or with a verb behind it.
[[nodiscard]] std::string target_of(RequestId id, std::string_view verb = "");
[[nodiscard]] std::string events_target(RequestId id);

}  // namespace stint::cli
