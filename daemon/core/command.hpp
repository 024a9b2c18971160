// What people ask of the broker, after the door has understood it and before any rule has judged it.
// The doors check shapes and lengths; rules are the core's.
#pragma once

#include "core/id.hpp"
#include "core/person.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stint {

/// Who is at the door, as the door attests it.
struct Caller {
    Login login;                    ///< through NSS from the kernel's uid
    std::string auth;               ///< how: "peercred"
    std::string origin;             ///< from where: "local uid 1000"
    std::optional<Login> act_as;    ///< demo only: the person to be instead
};

struct FileRequest {
    EntitlementName entitlement;
    TicketId ticket;
    std::string reason, impact, action, affected;
    std::vector<std::string> verified;
    std::optional<Seconds> duration;
    std::optional<Utc> start_at;
    bool is_attached = false;       ///< lives only while its client holds a connection (`stint run`)
    bool is_dry_run = false;        ///< judge it, file nothing
};

struct BreakGlass {
    EntitlementName entitlement;
    TicketId ticket;
    std::string reason;
    std::optional<Seconds> duration;
    bool is_attached = false;
};

struct Approve {
    std::string comment;
    std::optional<Seconds> shortened_to;
};

struct Deny {
    std::string comment;
};

struct Extend {
    Seconds duration{};
    std::string reason;
};

struct Release {
    std::string resolution;
};

struct Revoke {
    std::string reason;
};

struct GiveVerdict {
    bool is_justified = false;
    std::string comment;
    std::string incident;
};

enum class ListFilter { mine, pending, active, due, all };

struct ListRequests {
    ListFilter filter = ListFilter::mine;
    std::optional<RequestId> before;  ///< page on: only requests with a smaller number
    int limit = 100;                  ///< 1 to 500
};

struct SearchEvents {
    std::optional<Utc> since, until;
    std::string person;               ///< a login, as actor or subject
    std::string ticket, entitlement, type, origin;
    std::optional<RequestId> request;
    std::optional<EventSeq> before;   ///< page on, newest first
    int limit = 100;                  ///< 1 to 1000
};

}  // namespace stint
