// Reading by toml++, after a look for what would harm it. Every fault names file and line, and repeats no value.
#include "plugins/ticket-embedded/ticket_file.hpp"

#include "daemon/wire/plain_text.hpp"
#include "daemon/wire/toml_bounds.hpp"

#include <toml++/toml.h>

#include <array>
#include <string_view>
#include <utility>

namespace stint::ticket_embedded {
namespace {

constexpr std::size_t longest_text = 256;  // in code points

struct Key {
    std::string_view name;
    std::string TicketEntry::*field;
    bool is_required;
};
constexpr std::array<Key, 6> keys{{{"id", &TicketEntry::id, true},
                                   {"state", &TicketEntry::state, true},
                                   {"assignee", &TicketEntry::assignee, false},
                                   {"subject", &TicketEntry::subject, false},
                                   {"category", &TicketEntry::category, false},
                                   {"affected", &TicketEntry::affected, false}}};

[[noreturn]] void fail(const std::string& file, const toml::node& node, const std::string& what) {
    throw FileFault(file + ":" + std::to_string(node.source().begin.line) + ": " + what);
}

bool means_closed(std::string_view state) { return state == "closed" || state == "resolved" || state == "cancelled"; }

TicketEntry read_ticket(const toml::table& table, const std::string& file) {
    TicketEntry ticket;
    for (const Key& key : keys) {
        const toml::node* node = table.get(key.name);
        if (node == nullptr) {
            if (key.is_required) fail(file, table, "`" + std::string(key.name) + "` is missing");
            continue;
        }
        const auto text = node->value_exact<std::string>();
        if (!text || wire::judge_text(*text, longest_text) != wire::TextVerdict::plain || (key.is_required && wire::is_blank(*text)))
            fail(file, *node,
                 "`" + std::string(key.name) + "` must be a text of at most 256 printable characters" +
                     (key.is_required ? ", and not empty" : ""));
        ticket.*key.field = *text;
    }
    ticket.is_closed = means_closed(ticket.state);
    for (const auto& [name, node] : table) {
        if (name.str() == "closed") {
            const auto flag = node.value_exact<bool>();
            if (!flag) fail(file, node, "`closed` must be true or false");
            ticket.is_closed = *flag;
            continue;
        }
        bool is_known = false;
        for (const Key& key : keys) is_known = is_known || key.name == name.str();
        if (!is_known)
            fail(file, node, "a key that is not known here; known are: id, state, assignee, subject, category, affected, closed");
    }
    return ticket;
}

}  // namespace

Tickets parse_tickets(const std::string& text, const std::string& file) {
    if (const auto excess = wire::find_excess(text)) throw FileFault(file + ":" + std::to_string(excess->line) + ": " + excess->what);
    Tickets tickets;
    try {
        const toml::table root = toml::parse(text, file);
        for (const auto& [key, node] : root) {
            const toml::array* list = node.as_array();
            if (key.str() != "ticket" || list == nullptr) fail(file, node, "only [[ticket]] may stand here");
            for (const toml::node& item : *list) {
                if (!item.is_table()) fail(file, item, "a ticket must be written as [[ticket]]");
                TicketEntry ticket = read_ticket(*item.as_table(), file);
                if (tickets.count(ticket.id) != 0) fail(file, item, "a ticket by this id stands above already");
                tickets.emplace(ticket.id, std::move(ticket));
            }
        }
    } catch (const toml::parse_error& error) {
        throw FileFault(file + ":" + std::to_string(error.source().begin.line) + ": is not TOML: " + std::string(error.description()));
    }
    return tickets;
}

}  // namespace stint::ticket_embedded
