// Following what happens: one line a change, until the request has ended, or for ever.
#include "client/cli/event_stream.hpp"
#include "client/cli/handlers.hpp"
#include "client/cli/progress.hpp"
#include "client/cli/session.hpp"
#include "client/cli/trouble.hpp"
#include "client/cli/waiting.hpp"
#include "client/cli/when.hpp"
#include "log/log.hpp"

#include <unistd.h>

#include <array>
#include <stdexcept>

namespace stint::cli {
namespace {

bool has_ended(const RequestView& request) {
    const std::string_view state = request.state;
    if (request.kind == "extension") return exit_of(request).has_value();
    return state == "denied" || state == "cancelled" || state == "lapsed" || state == "refused" || state == "failed" || state == "closed";
}

void print(Session& session, const SeenRequest& seen) {
    if (session.output.is_json()) {
        session.output.json(seen.json);
    } else {
        const RequestView& view = seen.view;
        const Progress progress = progress_of(view, utc_now());
        std::string line = local_text(utc_now()) + "  " + progress.sentence + "  [" + view.entitlement + ", " + view.requester.login;
        if (!view.ticket.empty()) line += ", " + view.ticket;
        session.output.data(log::escaped(line + "]") + "\n");
    }
    session.output.flush();
}

/// Until what is followed has ended. Throws Interrupted and Trouble.
void follow(Session& session, EventStream& events, bool is_one) {
    if (!is_one && ::isatty(STDERR_FILENO) == 1) session.terminal.message("Following all that you may see; Ctrl-C ends it.\n");
    bool is_first = true, was_lost = false;
    for (;;) {
        std::array fds{pollfd{events.fd(), POLLIN, 0}, pollfd{STDOUT_FILENO, 0, 0}};
        if (!is_first) wait_for(fds, events.due());
        is_first = false;  // events may have come together with the head
        if (fds[1].revents != 0) throw Trouble(ExitCode::unexpected, "output_failed", "Standard output was closed.");
        for (const SseEvent& event : events.turn()) {
            const auto seen = request_in(event);
            if (!seen) continue;
            print(session, *seen);
            if (is_one && seen->view.id == session.arguments.id && has_ended(seen->view)) return;
        }
        // Said once a loss, however often the reason changes while it lasts.
        const bool is_lost = !events.trouble().empty();
        if (is_lost != was_lost) session.terminal.message(is_lost ? "The connection to the broker is lost; trying again.\n" : "The broker is back.\n");
        was_lost = is_lost;
    }
}

}  // namespace

ExitCode watch(Session& session) {
    const bool is_one = session.arguments.id.value > 0;
    EventStream events(session.api, is_one ? events_target(session.arguments.id) : "/v1/events");
    try {
        events.open();
        follow(session, events, is_one);
    } catch (const Interrupted&) {
        return ExitCode::interrupted;  // the usual way out; nothing was asked for that could be half done
    } catch (Trouble& trouble) {
        if (is_one && !trouble.request) trouble.request = session.arguments.id.value;
        throw;
    }
    return ExitCode::done;
}

}  // namespace stint::cli
