// A message to people, before any channel gave it a form. No free text but what policy allows.
#pragma once

#include "core/id.hpp"
#include "core/person.hpp"
#include "core/time.hpp"

#include <string>
#include <vector>

namespace stint {

struct Notice {
    std::string kind;                    ///< approval_wanted, ready, expires_soon … (PROTOCOL.md)
    RequestId request;
    std::vector<PersonRef> recipients;
    std::string subject;
    std::vector<std::string> lines;      ///< the message
    std::vector<std::string> commands;   ///< what to type to act on it
    std::string link;                    ///< "" when there is no page; opening it changes nothing
    Utc sent_at{};
};

}  // namespace stint
