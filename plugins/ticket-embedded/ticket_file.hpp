// The tickets' file: TOML that a person edits. Strict: one fault in it and no ticket is known, rather than half of them. Pure.
#pragma once

#include <functional>
#include <map>
#include <stdexcept>
#include <string>

namespace stint::ticket_embedded {

struct TicketEntry {
    std::string id, state, assignee, subject, category, affected;
    bool is_closed = false;
};

using Tickets = std::map<std::string, TicketEntry, std::less<>>;  ///< by id

/// What is wrong with the file, as "file:line: what".
class FileFault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A ticket is closed when it says `closed = true`, or nothing of that and its state is closed, resolved or cancelled.
[[nodiscard]] Tickets parse_tickets(const std::string& text, const std::string& file);

}  // namespace stint::ticket_embedded
