// Strict about the file: one fault in it and no ticket is known, rather than half of them.
#include "plugins/ticket-embedded/embedded_tickets.hpp"

#include "plugins/sdk/settings.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <toml++/toml.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace stint::ticket_embedded {

namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;

namespace {

constexpr std::uintmax_t largest_file = 4 * 1024 * 1024;
constexpr std::array<std::string_view, 6> known_keys{"id", "state", "assignee", "subject", "category", "affected"};

bool is_closed_state(std::string_view state) { return state == "closed" || state == "resolved" || state == "cancelled"; }

[[noreturn]] void fail(const std::filesystem::path& file, const toml::node& node, const std::string& what) {
    throw PluginError(Reason::unreachable, file.string() + ":" + std::to_string(node.source().begin.line) + ": " + what);
}

json::object read_ticket(const toml::table& table, const std::filesystem::path& file) {
    json::object ticket;
    for (const std::string_view key : known_keys) {
        const toml::node* node = table.get(key);
        const auto text = node == nullptr ? std::optional<std::string>("") : node->value_exact<std::string>();
        if (!text || text->size() > 1024) fail(file, *node, "`" + std::string(key) + "` must be a text of at most 1024 bytes");
        ticket[key] = *text;
    }
    if (ticket["id"].get_string().empty()) fail(file, table, "`id` is missing");
    if (ticket["state"].get_string().empty()) fail(file, table, "`state` is missing");
    bool is_closed = is_closed_state(ticket["state"].get_string());
    if (const toml::node* node = table.get("closed")) {
        const auto flag = node->value_exact<bool>();
        if (!flag) fail(file, *node, "`closed` must be true or false");
        is_closed = *flag;
    }
    for (const auto& [key, node] : table) {
        const bool is_known = key.str() == "closed" || std::find(known_keys.begin(), known_keys.end(), key.str()) != known_keys.end();
        if (!is_known) fail(file, node, "a key that is not known here; known are: id, state, assignee, subject, category, affected, closed");
    }
    ticket["closed"] = is_closed;
    return ticket;
}

/// The ticket with this id, or null. The whole file is read, and has to be right as a whole.
json::value find_ticket(const std::filesystem::path& file, const std::string& id) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    if (error) throw PluginError(Reason::unreachable, file.string() + ": " + error.message());
    if (size > largest_file) throw PluginError(Reason::unreachable, file.string() + ": is larger than 4 MiB");
    json::value found;
    std::set<std::string> ids;
    try {
        const toml::table root = toml::parse_file(file.string());
        for (const auto& [key, node] : root) {
            const toml::array* tickets = node.as_array();
            if (key.str() != "ticket" || tickets == nullptr) fail(file, node, "only [[ticket]] may stand here");
            for (const toml::node& item : *tickets) {
                if (!item.is_table()) fail(file, item, "a ticket must be written as [[ticket]]");
                json::object ticket = read_ticket(*item.as_table(), file);
                const std::string name(ticket["id"].get_string());
                if (!ids.insert(name).second) fail(file, item, "a ticket by this id stands above already");
                if (name == id) found = std::move(ticket);
            }
        }
    } catch (const toml::parse_error& error) {
        throw PluginError(Reason::unreachable, file.string() + ":" + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
    }
    return found;
}

}  // namespace

sdk::Identity EmbeddedTickets::initialize(const json::object& settings, sdk::Notify) {
    sdk::refuse_unknown_keys(settings, {"file"});
    file_ = sdk::required_text(settings, "file", 4096);
    read_keys();
    return {"ticket-embedded", STINT_VERSION, "ticket", {"note"}};
}

void EmbeddedTickets::read_keys() {
    std::ifstream notes(file_.string() + ".notes");
    for (std::string line; std::getline(notes, line);) {
        boost::system::error_code error;
        const json::value note = json::parse(line, error);
        // A line cut short by a crash is no note; its key comes again.
        if (!error && note.is_object() && note.get_object().contains("key")) noted_.emplace(note.at("key").as_string());
    }
}

json::object EmbeddedTickets::lookup(const json::object& params) const {
    json::value found = find_ticket(file_, sdk::required_text(params, "ticket", 256));
    if (found.is_null()) throw PluginError(Reason::not_found, "there is no such ticket");
    return {{"ticket", std::move(found)}};
}

json::object EmbeddedTickets::note(const json::object& params) {
    const std::string ticket = sdk::required_text(params, "ticket", 256);
    const std::string key = sdk::required_text(params, "key", 256);
    const std::string text = sdk::required_text(params, "text", 4096);
    if (find_ticket(file_, ticket).is_null()) throw PluginError(Reason::not_found, "there is no such ticket");
    if (noted_.count(key) != 0) return {};
    const std::string line = json::serialize(json::object{{"ticket", ticket}, {"key", key}, {"text", text}}) + "\n";
    const std::string path = file_.string() + ".notes";
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (descriptor < 0) throw PluginError(Reason::unreachable, path + ": cannot be opened");
    const ssize_t count = ::write(descriptor, line.data(), line.size());
    const bool is_durable = count == static_cast<ssize_t>(line.size()) && ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!is_durable) throw PluginError(Reason::unknown_outcome, path + ": the note could not be written whole");
    noted_.insert(key);
    return {};
}

boost::asio::awaitable<json::object> EmbeddedTickets::call(std::string_view method, json::object params) {
    if (method == "lookup") co_return lookup(params);
    if (method == "note") co_return note(params);
    throw PluginError(Reason::unknown_method, "this ticket system has no such method");
}

}  // namespace stint::ticket_embedded
