// A ticket's facts, as the ticket system told them just now.
#pragma once

#include "core/id.hpp"

#include <string>

namespace stint {

struct Ticket {
    TicketId id;
    std::string state;
    Login assignee;  ///< empty when it is nobody's
    std::string subject, category, affected;
    bool is_closed = false;
};

}  // namespace stint
