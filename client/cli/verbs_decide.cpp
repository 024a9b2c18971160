// The verbs that decide on a request, or end one. Each is one call; what comes after it, `watch` and `show` tell.
#include "client/cli/handlers.hpp"
#include "client/cli/progress.hpp"
#include "client/cli/session.hpp"
#include "client/cli/trouble.hpp"
#include "client/cli/waiting.hpp"
#include "client/cli/when.hpp"
#include "log/log.hpp"
#include "wire/shapes.hpp"

namespace stint::cli {
namespace {

ExitCode post(Session& session, std::string_view target, const boost::json::object& body, std::string_view what) {
    try {
        SeenRequest seen(session.api.post(target, body, Repeat::once));
        if (session.output.is_json()) {
            session.output.json(std::move(seen.json));
        } else {
            const Progress progress = progress_of(seen.view, utc_now());
            session.output.data(std::string(what) + " " + log::escaped(progress.sentence) + ".\n");
        }
        return ExitCode::done;
    } catch (Trouble& trouble) {
        if (!trouble.request) trouble.request = session.arguments.id.value;
        throw;
    }
}

}  // namespace

ExitCode approve(Session& session) {
    return post(session, target_of(session.arguments.id, "approve"), wire::to_json(Approve{session.arguments.reason, session.arguments.duration}), "Approved.");
}

ExitCode deny(Session& session) {
    return post(session, target_of(session.arguments.id, "deny"), wire::to_json(Deny{session.arguments.reason}), "Denied.");
}

ExitCode cancel(Session& session) { return post(session, target_of(session.arguments.id, "cancel"), {}, "Cancelled."); }

ExitCode release(Session& session) {
    return post(session, target_of(session.arguments.id, "release"), wire::to_json(Release{session.arguments.resolution}), "Given back.");
}

ExitCode revoke(Session& session) {
    return post(session, target_of(session.arguments.id, "revoke"), wire::to_json(Revoke{session.arguments.reason}), "Revoked.");
}

ExitCode review(Session& session) {
    const Arguments& arguments = session.arguments;
    const GiveVerdict command{arguments.verdict == "justified", arguments.reason, arguments.incident};
    return post(session, "/v1/reviews/" + std::to_string(arguments.id.value), wire::to_json(command), "Reviewed as " + arguments.verdict + ".");
}

}  // namespace stint::cli
