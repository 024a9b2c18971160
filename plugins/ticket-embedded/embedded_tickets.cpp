// The protocol's two verbs on the two files; see embedded_tickets.hpp.
#include "plugins/ticket-embedded/embedded_tickets.hpp"

#include "plugins/sdk/settings.hpp"

namespace stint::ticket_embedded {

namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;

namespace {
constexpr std::size_t largest_file = 4 * 1024 * 1024;
constexpr std::size_t longest_id = 256, longest_key = 256, longest_note = 16 * 1024;
}  // namespace

sdk::Identity EmbeddedTickets::initialize(const json::object& settings, sdk::Notify) {
    sdk::refuse_unknown_keys(settings, {"file"});
    file_ = std::filesystem::absolute(sdk::required_text(settings, "file", 4096));
    notes_ = Notes(file_.string() + ".notes");
    return {"ticket-embedded", STINT_VERSION, "ticket", {"note"}};
}

const TicketEntry& EmbeddedTickets::ticket(const std::string& id) {
    try {
        if (!settled_ || sdk::stamp_of(file_) != *settled_) {
            const sdk::FileText read = sdk::read_file(file_, largest_file);
            settled_.reset();
            tickets_ = parse_tickets(read.text, file_.string());
            if (read.is_settled) settled_ = read.stamp;
        }
    } catch (const std::runtime_error& fault) {  // FileFault, FileTrouble
        settled_.reset();
        throw PluginError(Reason::unreachable, fault.what());
    }
    const auto found = tickets_.find(id);
    if (found == tickets_.end()) throw PluginError(Reason::not_found, "there is no such ticket");
    return found->second;
}

json::object EmbeddedTickets::lookup(const json::object& params) {
    const TicketEntry& found = ticket(sdk::required_text(params, "ticket", longest_id));
    return {{"ticket", json::object{{"id", found.id},
                                    {"state", found.state},
                                    {"assignee", found.assignee},
                                    {"subject", found.subject},
                                    {"category", found.category},
                                    {"affected", found.affected},
                                    {"closed", found.is_closed}}}};
}

json::object EmbeddedTickets::note(const json::object& params) {
    const std::string id = sdk::required_text(params, "ticket", longest_id);
    const std::string key = sdk::required_text(params, "key", longest_key);
    const std::string text = sdk::required_text(params, "text", longest_note);
    notes_.append(ticket(id).id, text, key);
    return {};
}

boost::asio::awaitable<json::object> EmbeddedTickets::call(std::string_view method, json::object params) {
    if (method == "lookup") co_return lookup(params);
    if (method == "note") co_return note(params);
    throw PluginError(Reason::unknown_method, "a ticket system has no such method");
}

}  // namespace stint::ticket_embedded
