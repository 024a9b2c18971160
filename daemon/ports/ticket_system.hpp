// What the broker needs of a ticket system: facts, live, and a place to leave a note. Calls may throw Fault.
#pragma once

#include "core/id.hpp"
#include "core/ticket.hpp"
#include "ports/fault.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace stint {


class TicketSystem {
public:
    virtual ~TicketSystem() = default;
    /// Throws Fault(not_found) when there is no such ticket.
    [[nodiscard]] virtual boost::asio::awaitable<Ticket> lookup(TicketId ticket) = 0;
    /// The same key twice leaves one note.
    [[nodiscard]] virtual boost::asio::awaitable<void> note(TicketId ticket, std::string text, std::string key) = 0;
};

}  // namespace stint
