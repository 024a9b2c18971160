// One loop over poll: events, the second's tick for the countdown, and the deadline.
#include "client/cli/waiting.hpp"

#include "client/cli/progress.hpp"
#include "client/cli/when.hpp"
#include "wire/json.hpp"
#include "wire/shapes.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace stint::cli {

SeenRequest::SeenRequest(boost::json::object object) : json(std::move(object)), view(wire::request_from(json)) {}

std::optional<SeenRequest> request_in(const SseEvent& event) {
    if (event.type != "request") return std::nullopt;
    auto value = wire::parse_json(event.data, {SseReader::event_limit, 32});
    if (!value.is_object()) throw std::invalid_argument("the broker's event is no JSON object");
    return SeenRequest(std::move(value.as_object()));
}

std::string target_of(RequestId id, std::string_view verb) {
    std::string target = "/v1/requests/" + std::to_string(id.value);
    return verb.empty() ? target : target.append("/").append(verb);
}

std::string events_target(RequestId id) { return "/v1/events?request=" + std::to_string(id.value); }

bool wait_for_answer(SeenRequest& request, EventStream& events, Terminal& terminal, const WaitOptions& options) {
    while (!exit_of(request.view)) {
        const auto now = Clock::now();
        if (options.until && now >= *options.until) {
            terminal.clear();
            return false;
        }
        if (events.trouble().empty()) {
            const Progress progress = progress_of(request.view, utc_now());
            terminal.status(progress.sentence, progress.countdown);
        } else {
            terminal.status("The connection to the broker is lost; the request stays filed, trying again", events.trouble());
        }
        auto wake_at = events.due();
        if (terminal.is_live()) wake_at = std::min(wake_at, now + std::chrono::seconds{1});
        if (options.until) wake_at = std::min(wake_at, *options.until);
        if (options.also != nullptr) wake_at = std::min(wake_at, options.also->due());
        std::array fds{pollfd{events.fd(), POLLIN, 0}, pollfd{options.also != nullptr ? options.also->fd() : -1, POLLIN, 0}};
        wait_for(fds, wake_at);
        if (options.also != nullptr && (fds[1].revents != 0 || Clock::now() >= options.also->due())) {
            for ([[maybe_unused]] const auto& event : options.also->turn()) {}
        }
        if (fds[0].revents == 0 && Clock::now() < events.due()) continue;
        for (const SseEvent& event : events.turn()) {
            auto seen = request_in(event);
            if (seen && seen->view.id == request.view.id) request = std::move(*seen);
        }
    }
    terminal.clear();
    return true;
}

}  // namespace stint::cli
