// The verbs that look and change nothing.
#include "client/cli/handlers.hpp"
#include "client/cli/progress.hpp"
#include "client/cli/session.hpp"
#include "client/cli/story.hpp"
#include "client/cli/table.hpp"
#include "client/cli/waiting.hpp"
#include "client/cli/when.hpp"
#include "log/log.hpp"
#include "wire/shapes.hpp"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace stint::cli {
namespace {

constexpr int most_empty_pages = 50;

std::string joined(const std::vector<std::string>& parts, std::string_view when_none = "none") {
    std::string text;
    for (const auto& part : parts) text.append(text.empty() ? "" : ", ").append(part);
    return text.empty() ? std::string(when_none) : text;
}

template <class View>
std::vector<View> list_in(const boost::json::object& answer, std::string_view key, View (*read)(const boost::json::object&)) {
    const auto* list = answer.if_contains(key);
    if (list == nullptr || !list->is_array())
        throw std::invalid_argument("the broker's answer has not the promised shape: `" + std::string(key) + "` is missing or no list");
    std::vector<View> views;
    for (const auto& one : list->get_array()) {
        if (!one.is_object()) throw std::invalid_argument("the broker's answer has not the promised shape: `" + std::string(key) + "` holds no objects");
        views.push_back(read(one.get_object()));
    }
    return views;
}

void print_table(Session& session, const Table& table, std::string_view when_empty) {
    if (table.empty()) session.terminal.message(std::string(when_empty) + "\n");
    else session.output.data(table.text(columns_of(STDOUT_FILENO)));
}

struct Filter {
    std::string_view name, when_empty;
};

Filter filter_of(const Arguments& arguments) {
    if (arguments.is_pending) return {"pending", "Nothing waits for a decision."};
    if (arguments.is_active) return {"active", "Nothing is lent now."};
    if (arguments.is_due) return {"due", "No review is due."};
    if (arguments.is_all) return {"all", "There are no requests that you may see."};
    return {"mine", "You have no requests."};
}

/// What matters about its time: when it lapses, opens, ends, or ended.
std::string when_of(const RequestView& request, Utc now) {
    const auto until = [&](std::string_view what, const std::optional<Utc>& at) {
        return at ? std::string(what) + " " + local_short(*at, now) + " (" + left_text(*at, now, true) + ")" : std::string{};
    };
    if (request.state == "pending") return until("lapses", request.lapses_at);
    if (request.state == "approved") return request.is_scheduled ? until("opens", request.start_at) : until("lapses", request.lapses_at);
    if (request.state == "opening" || request.state == "active" || request.state == "ready") return until("ends", request.expires_at);
    const auto& ended = request.closed_at ? request.closed_at : request.ended_at ? request.ended_at : request.closing_at;
    return ended ? "since " + local_short(*ended, now) : "";
}

void print_requests(Session& session, const std::vector<RequestView>& requests, std::string_view when_empty) {
    const Utc now = utc_now();
    Table table({{"ID"}, {"STATE", true}, {"ENTITLEMENT"}, {"WHO"}, {"TICKET"}, {"WHEN", true}, {"REASON", true}});
    for (const auto& r : requests) {
        const bool is_break_glass = r.kind == "break_glass";
        table.add({std::to_string(r.id.value), is_break_glass ? state_words(r) + ", break-glass" : state_words(r), r.entitlement, r.requester.login,
                   r.ticket.empty() ? "-" : r.ticket, when_of(r, now), r.reason});
    }
    print_table(session, table, when_empty);
}

void print_due(Session& session, const std::vector<RequestView>& requests, std::string_view when_empty) {
    const Utc now = utc_now();
    Table table({{"ID"}, {"REVIEW"}, {"DUE", true}, {"ENTITLEMENT"}, {"WHO"}, {"TICKET"}, {"REASON", true}});
    for (const auto& r : requests) {
        table.add({std::to_string(r.id.value), r.review ? r.review->state : "-", r.review ? local_short(r.review->due_at, now) : "-", r.entitlement,
                   r.requester.login, r.ticket.empty() ? "-" : r.ticket, r.reason});
    }
    print_table(session, table, when_empty);
}

/// The next page's `before`; "" after the last.
std::string next_of(const boost::json::object& answer) {
    const auto* next = answer.if_contains("next");
    return next != nullptr && next->is_int64() ? std::to_string(next->get_int64()) : "";
}

ExitCode list_findings(Session& session) {
    auto answer = session.api.get("/v1/findings");
    const auto findings = list_in(answer, "findings", wire::finding_from);
    if (session.output.is_json()) {
        session.output.json(std::move(answer));
        return ExitCode::done;
    }
    const Utc now = utc_now();
    Table table({{"ID"}, {"KIND"}, {"SEEN"}, {"REQUEST"}, {"WHO"}, {"GROUP", true}, {"WHAT", true}});
    for (const auto& f : findings) {
        table.add({std::to_string(f.id.value), f.cleared_at ? f.kind + " (cleared)" : f.kind, local_short(f.seen_at, now),
                   f.request ? std::to_string(f.request->value) : "-", f.person ? f.person->login : "-", f.group.empty() ? "-" : f.group, f.text});
    }
    print_table(session, table, "There are no findings.");
    return ExitCode::done;
}

}  // namespace

ExitCode whoami(Session& session) {
    auto answer = session.api.get("/v1/whoami");
    const auto me = wire::whoami_from(answer);
    if (session.output.is_json()) {
        session.output.json(std::move(answer));
        return ExitCode::done;
    }
    std::string text = log::escaped(person_words(me.person)) + "\n";
    text += "  id      " + log::escaped(me.id) + "\n";
    text += "  roles   " + log::escaped(joined(me.roles)) + "\n";
    text += "  groups  " + log::escaped(joined(me.groups)) + "\n";
    if (me.acting) text += "  acting  " + log::escaped(person_words(*me.acting)) + " is really typing (demonstration)\n";
    session.output.data(text);
    return ExitCode::done;
}

ExitCode entitlements(Session& session) {
    auto answer = session.api.get("/v1/entitlements");
    const auto all = list_in(answer, "entitlements", wire::entitlement_from);
    if (session.output.is_json()) {
        session.output.json(std::move(answer));
        return ExitCode::done;
    }
    Table table({{"NAME"}, {"TITLE", true}, {"RISK"}, {"FOR"}, {"APPROVALS"}, {"TICKET"}, {"VERIFIED BY", true}, {"YOU MAY"}});
    for (const auto& e : all) {
        std::vector<std::string> may;
        if (e.may_request) may.emplace_back("request");
        if (e.may_break_glass) may.emplace_back("break-glass");
        table.add({e.name, e.title, e.risk, to_text(e.standard) + ", max " + to_text(e.max), std::to_string(e.approvals),
                   e.is_ticket_required ? "asked for" : "-", joined(e.verification, "-"), joined(may, "-")});
    }
    print_table(session, table, "There are no entitlements that you may see.");
    return ExitCode::done;
}

ExitCode list(Session& session) {
    const Arguments& arguments = session.arguments;
    if (arguments.is_findings) return list_findings(session);
    const Filter filter = filter_of(arguments);
    const auto page = [&](const std::string& before) {
        return session.api.get("/v1/requests" + query({{"filter", std::string(filter.name)},
                                                       {"before", before},
                                                       {"limit", arguments.limit > 0 ? std::to_string(arguments.limit) : ""}}));
    };
    auto answer = page(arguments.before > 0 ? std::to_string(arguments.before) : "");
    auto requests = list_in(answer, "requests", wire::request_from);
    std::string more = next_of(answer);
    // The broker looks at a bounded number a call: a page may be empty with more to come.
    for (int pages = 1; requests.empty() && !more.empty() && pages < most_empty_pages; ++pages) {
        answer = page(more);
        requests = list_in(answer, "requests", wire::request_from);
        more = next_of(answer);
    }
    if (session.output.is_json()) {
        session.output.json(std::move(answer));
        return ExitCode::done;
    }
    if (arguments.is_due) print_due(session, requests, filter.when_empty);
    else print_requests(session, requests, filter.when_empty);
    session.output.flush();
    if (!more.empty()) session.terminal.message("There are more: stint list --" + std::string(filter.name) + " --before " + more + "\n");
    return ExitCode::done;
}

ExitCode show(Session& session) {
    SeenRequest seen(session.api.get(target_of(session.arguments.id)));
    if (session.output.is_json()) session.output.json(std::move(seen.json));
    else session.output.data(story_of(seen.view, utc_now()));
    return ExitCode::done;
}

}  // namespace stint::cli
