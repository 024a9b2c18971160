// Reading the audit log through the broker. Reading it is itself an event there.
#include "client/cli/handlers.hpp"
#include "client/cli/progress.hpp"
#include "client/cli/session.hpp"
#include "client/cli/table.hpp"
#include "client/cli/when.hpp"
#include "log/log.hpp"
#include "wire/shapes.hpp"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace stint::cli {
namespace {

constexpr int page_size = 1000, usual_limit = 100;

std::string time_text(const std::optional<Utc>& time) { return time ? to_rfc3339(*time) : ""; }

std::string page_target(const Arguments& arguments, std::int64_t before, int limit) {
    return "/v1/audit" + query({{"type", arguments.type},
                                {"person", arguments.person},
                                {"ticket", arguments.ticket},
                                {"entitlement", arguments.entitlement},
                                {"origin", arguments.origin},
                                {"request", arguments.of_request > 0 ? std::to_string(arguments.of_request) : ""},
                                {"since", time_text(arguments.since)},
                                {"until", time_text(arguments.until)},
                                {"before", before > 0 ? std::to_string(before) : ""},
                                {"limit", std::to_string(limit)}});
}

struct Page {
    std::vector<boost::json::object> events;
    std::int64_t next = 0;  ///< 0: this was the last
};

Page page_of(boost::json::object answer) {
    Page page;
    auto* events = answer.if_contains("events");
    if (events == nullptr || !events->is_array()) throw std::invalid_argument("the broker's answer has not the promised shape: `events` is missing or no list");
    for (auto& event : events->get_array()) {
        if (!event.is_object()) throw std::invalid_argument("the broker's answer has not the promised shape: `events` holds no objects");
        page.events.push_back(std::move(event.get_object()));
    }
    if (const auto* next = answer.if_contains("next"); next != nullptr && next->is_int64()) page.next = next->get_int64();
    return page;
}

void add_row(Table& table, const EventView& event) {
    table.add({std::to_string(event.seq.value), local_text(event.at), event.type, event.request ? std::to_string(event.request->value) : "-",
               event.actor ? event.actor->login : "-", event.entitlement.empty() ? "-" : event.entitlement, event.ticket.empty() ? "-" : event.ticket});
}

}  // namespace

ExitCode audit_search(Session& session) {
    const Arguments& arguments = session.arguments;
    int left = arguments.limit > 0 ? arguments.limit : usual_limit;
    std::int64_t before = arguments.before;
    Table table({{"SEQ"}, {"WHEN"}, {"WHAT"}, {"REQUEST"}, {"WHO", true}, {"ENTITLEMENT", true}, {"TICKET", true}});
    while (left > 0) {
        Page page = page_of(session.api.get(page_target(arguments, before, std::min(left, page_size))));
        for (auto& event : page.events) {
            if (session.output.is_json()) session.output.json(std::move(event));
            else add_row(table, wire::event_from(event));
        }
        left -= static_cast<int>(std::min<std::size_t>(page.events.size(), static_cast<std::size_t>(left)));
        // Pages go down; a broker that says otherwise must not keep us here for ever.
        const bool is_last = page.next <= 0 || page.events.empty() || (before > 0 && page.next >= before);
        before = is_last ? 0 : page.next;
        if (is_last) break;
    }
    if (!session.output.is_json() && !table.empty()) session.output.data(table.text(columns_of(STDOUT_FILENO)));
    session.output.flush();
    if (!session.output.is_json() && table.empty()) session.terminal.message("No event fits.\n");
    if (before > 0) session.terminal.message("There are more: --before " + std::to_string(before) + "\n");
    return ExitCode::done;
}

ExitCode audit_show(Session& session) {
    auto answer = session.api.get("/v1/audit/" + std::to_string(session.arguments.seq.value));
    const auto event = wire::event_from(answer);
    if (session.output.is_json()) {
        session.output.json(std::move(answer));
        return ExitCode::done;
    }
    std::string text = "Event " + std::to_string(event.seq.value) + "  " + log::escaped(event.type) + "\n";
    const auto line = [&text](std::string label, const std::string& value) {
        if (value.empty()) return;
        label.resize(std::max<std::size_t>(label.size() + 2, 14), ' ');
        text += "  " + label + log::escaped(value) + "\n";
    };
    line("When", local_text(event.at));
    if (event.request) line("Request", std::to_string(event.request->value));
    if (event.actor) line("Who", person_words(*event.actor));
    line("Entitlement", event.entitlement);
    line("Ticket", event.ticket);
    for (const auto& [name, value] : event.disclosed) line(log::escaped(name), value);
    line("Entry", event.entry);
    session.output.data(text);
    return ExitCode::done;
}

}  // namespace stint::cli
