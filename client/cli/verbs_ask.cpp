// The verbs that ask for something and wait for it: request, break-glass, extend.
#include "client/cli/asking.hpp"
#include "client/cli/handlers.hpp"
#include "client/cli/nearest.hpp"
#include "client/cli/progress.hpp"
#include "client/cli/session.hpp"
#include "client/cli/story.hpp"
#include "client/cli/trouble.hpp"
#include "client/cli/waiting.hpp"
#include "client/cli/when.hpp"
#include "log/log.hpp"
#include "wire/shapes.hpp"

#include <unistd.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace stint::cli {
namespace {

/// Prints where the request stands at the end and turns it into the exit status.
ExitCode conclude(Session& session, SeenRequest& seen) {
    const auto answer = exit_of(seen.view);
    if (session.output.is_json()) {
        session.output.json(seen.json);
    } else if (answer == ExitCode::done) {
        session.output.data(outcome_of(seen.view, utc_now()) + "\n");
        session.output.flush();
        if (seen.view.state == "ready" && seen.view.kind != "extension")
            session.terminal.message("When you are done: stint release " + std::to_string(seen.view.id.value) + "\n");
    } else if (!answer) {
        session.output.data(log::escaped(progress_of(seen.view, utc_now()).sentence) + ".\n");
    } else {
        session.terminal.message("stint: " + outcome_of(seen.view, utc_now()) + "\n  do:   stint show " + std::to_string(seen.view.id.value) +
                                 " tells the whole story.\n");
    }
    return answer.value_or(ExitCode::pending);
}

ExitCode wait_and_conclude(Session& session, SeenRequest seen) {
    if (session.arguments.is_no_wait || exit_of(seen.view)) return conclude(session, seen);
    const std::string id = std::to_string(seen.view.id.value);
    EventStream events(session.api, events_target(seen.view.id));
    try {
        static_cast<void>(wait_for_answer(seen, events, session.terminal));
    } catch (const Interrupted&) {
        if (session.output.is_json()) session.output.json(seen.json);
        session.terminal.message("stint: No longer waiting; request " + id + " stays filed.\n  do:   `stint cancel " + id + "` takes it back, `stint watch " +
                                 id + "` follows it.\n");
        return ExitCode::interrupted;
    } catch (Trouble& trouble) {
        trouble.request = seen.view.id.value;
        if (trouble.exit == ExitCode::unreachable) trouble.advice = "Request " + id + " stays filed: `stint watch " + id + "` follows it when the broker is back.";
        throw;
    }
    return conclude(session, seen);
}

/// A break-glass is confirmed by typing what is opened: by flag, or on the terminal.
void confirm(Session& session) {
    const Arguments& arguments = session.arguments;
    const std::string name = log::escaped(arguments.entitlement);
    if (arguments.confirm.empty() && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1) {
        session.terminal.message(session.terminal.loud("BREAK-GLASS") + ": this opens " + name +
                                 " without approval. Those responsible are told at once,\nand somebody else will review what you did and why.\nType " +
                                 name + " to go on: ");
        if (read_line() == arguments.entitlement) return;
        throw usage_trouble("That is not the entitlement's name; nothing was asked for.");
    }
    if (arguments.confirm.empty())
        throw usage_trouble("Break-glass has to be confirmed, and there is no terminal to ask on.", "Give --confirm " + arguments.entitlement + ".");
    if (arguments.confirm != arguments.entitlement)
        throw usage_trouble("What follows --confirm is not the entitlement's name; nothing was asked for.", "Give --confirm " + arguments.entitlement + ".");
}

/// What may be asked for; empty when that cannot be told.
std::vector<std::string> entitlements_known(const Session& session) {
    std::vector<std::string> names;
    try {
        const auto answer = session.api.get("/v1/entitlements");
        const auto* list = answer.if_contains("entitlements");
        if (list == nullptr || !list->is_array()) return names;
        for (const auto& one : list->get_array()) {
            if (one.is_object()) names.push_back(wire::entitlement_from(one.get_object()).name);
        }
    } catch (const Trouble&) {
        names.clear();
    } catch (const std::invalid_argument&) {
        names.clear();
    }
    return names;
}

}  // namespace

boost::json::object ask_for(const Session& session, std::string_view target, const boost::json::object& body) {
    try {
        return session.api.post(target, body, Repeat::safe);
    } catch (Trouble& trouble) {
        if (trouble.code != "entitlement_unknown") throw;
        const std::string& typed = session.arguments.entitlement;
        const auto names = entitlements_known(session);
        const std::vector<std::string_view> known(names.begin(), names.end());
        trouble.detail = "you asked for `" + typed + "`" + did_you_mean(typed, known) + (nearest(typed, known) ? "?" : "");
        throw;
    }
}

FileRequest file_request_of(const Arguments& arguments) {
    FileRequest command;
    command.entitlement = EntitlementName(arguments.entitlement);
    command.ticket = TicketId(arguments.ticket);
    command.reason = arguments.reason;
    command.impact = arguments.impact;
    command.action = arguments.action;
    command.affected = arguments.affected;
    command.verified = arguments.verified;
    command.duration = arguments.duration;
    command.start_at = arguments.start_at;
    command.is_dry_run = arguments.is_dry_run;
    return command;
}

std::string read_line() {
    std::string line;
    std::array fds{pollfd{STDIN_FILENO, POLLIN, 0}};
    while (line.size() < 1024) {
        wait_for(fds, Clock::now() + std::chrono::hours{24});
        char byte = 0;
        const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
        if (got <= 0 || byte == '\n') break;
        line += byte;
    }
    return line;
}

ExitCode request(Session& session) {
    const FileRequest command = file_request_of(session.arguments);
    SeenRequest seen(ask_for(session, "/v1/requests", wire::to_json(command)));
    if (command.is_dry_run) {
        if (session.output.is_json()) session.output.json(std::move(seen.json));
        else session.output.data(forecast_of(seen.view, utc_now()));
        return ExitCode::done;
    }
    session.terminal.message("Request " + std::to_string(seen.view.id.value) + " is filed.\n");
    return wait_and_conclude(session, std::move(seen));
}

ExitCode break_glass(Session& session) {
    const Arguments& arguments = session.arguments;
    confirm(session);
    BreakGlass command;
    command.entitlement = EntitlementName(arguments.entitlement);
    command.ticket = TicketId(arguments.ticket);
    command.reason = arguments.reason;
    command.duration = arguments.duration;
    SeenRequest seen(ask_for(session, "/v1/break-glass", wire::to_json(command)));
    std::string notice = session.terminal.loud("BREAK-GLASS " + std::to_string(seen.view.id.value)) + " is recorded and those responsible are being told.\n";
    notice += session.terminal.loud("A REVIEW WILL FOLLOW");
    if (seen.view.review) notice += ", due by " + local_short(seen.view.review->due_at, utc_now());
    session.terminal.message(notice + ". Note what you do.\n");
    return wait_and_conclude(session, std::move(seen));
}

ExitCode extend(Session& session) {
    const Arguments& arguments = session.arguments;
    Extend command;
    command.duration = arguments.duration.value_or(Seconds{});
    command.reason = arguments.reason;
    SeenRequest seen(session.api.post(target_of(arguments.id, "extend"), wire::to_json(command), Repeat::safe));
    session.terminal.message("Extension " + std::to_string(seen.view.id.value) + " of request " + std::to_string(arguments.id.value) + " is filed.\n");
    return wait_and_conclude(session, std::move(seen));
}

}  // namespace stint::cli
