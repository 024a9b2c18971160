// One ask for one entitlement on one ticket: its record, and the machine it runs through until a grant opens.
#pragma once

#include "core/id.hpp"
#include "core/machine.hpp"
#include "core/person.hpp"
#include "core/time.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stint {

enum class RequestKind { request, break_glass, extension };

/// `opened`: a grant took over (for an extension: the grant was lengthened).
enum class RequestState { pending, approved, opened, denied, cancelled, lapsed, refused };
enum class RequestCommand { approve, deny, cancel, lapse, open, refuse };

using RequestMove = Move<RequestState, RequestCommand>;
inline constexpr std::array<RequestMove, 8> request_machine{{
    {RequestState::pending, RequestCommand::approve, RequestState::approved},
    {RequestState::pending, RequestCommand::deny, RequestState::denied},
    {RequestState::pending, RequestCommand::cancel, RequestState::cancelled},
    {RequestState::pending, RequestCommand::lapse, RequestState::lapsed},
    {RequestState::approved, RequestCommand::open, RequestState::opened},
    {RequestState::approved, RequestCommand::cancel, RequestState::cancelled},
    {RequestState::approved, RequestCommand::lapse, RequestState::lapsed},
    {RequestState::approved, RequestCommand::refuse, RequestState::refused},
}};

struct Request {
    RequestId id;
    RequestKind kind = RequestKind::request;
    RequestState state = RequestState::pending;
    PersonRef requester;
    EntitlementName entitlement;
    TicketId ticket;                       ///< empty when none was named
    bool is_ticket_typed = false;          ///< no ticket system has shown it: it may be anything, and stands in no log and no message
    std::string reason, impact, action, affected;
    std::vector<std::string> verified;
    std::vector<std::string> lends;        ///< groups, as the policy named them then; empty in old records
    Seconds duration{};                    ///< as it stands; approvers may have shortened it
    std::optional<Utc> start_at;
    Utc created_at{};
    Utc lapses_at{};                       ///< no answer, or no opening, until then
    int stage = 0;                         ///< the open stage, from 0; all stages once approved
    Utc stage_since{};
    bool is_reminded = false, is_escalated = false;  ///< of the open stage
    std::optional<Utc> approved_at, ended_at;
    PolicyHash policy;                     ///< the policy it was judged under
    std::optional<RequestId> extends;
    bool is_attached = false;
    std::string refusal;                   ///< a refusal's code, when refused
    friend bool operator==(const Request&, const Request&) = default;
};

/// One decision by one person at one stage.
struct Approval {
    RequestId request;
    int stage = 0;
    PersonRef approver;
    bool is_approval = true;               ///< false: a denial
    Utc at{};
    std::string comment;
    std::optional<Seconds> shortened_to;
    friend bool operator==(const Approval&, const Approval&) = default;
};

/// The ticket as it may stand in the log and in messages.
[[nodiscard]] inline TicketId seen_ticket(const Request& request) { return request.is_ticket_typed ? TicketId() : request.ticket; }
[[nodiscard]] constexpr bool has_ended(RequestState state) {
    return state != RequestState::pending && state != RequestState::approved;
}
[[nodiscard]] std::string_view to_text(RequestKind kind);
[[nodiscard]] std::string_view to_text(RequestState state);

}  // namespace stint
