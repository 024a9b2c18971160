// The time-bound lending that follows an approved request or a break-glass. It has its request's number.
#pragma once

#include "core/id.hpp"
#include "core/machine.hpp"
#include "core/person.hpp"
#include "core/time.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace stint {

enum class GrantState { opening, active, ready, closing, closed };
enum class GrantCommand { activate, prove_ready, begin_closing, prove_closed };
enum class CloseReason { expired, released, revoked, ticket_closed, person_disabled, contained, removed_outside, failed };

using GrantMove = Move<GrantState, GrantCommand>;
inline constexpr std::array<GrantMove, 6> grant_machine{{
    {GrantState::opening, GrantCommand::activate, GrantState::active},
    {GrantState::active, GrantCommand::prove_ready, GrantState::ready},
    {GrantState::opening, GrantCommand::begin_closing, GrantState::closing},
    {GrantState::active, GrantCommand::begin_closing, GrantState::closing},
    {GrantState::ready, GrantCommand::begin_closing, GrantState::closing},
    {GrantState::closing, GrantCommand::prove_closed, GrantState::closed},
}};

struct Grant {
    RequestId id;
    GrantState state = GrantState::opening;
    PersonRef person;
    EntitlementName entitlement;
    TicketId ticket;
    Utc opened_at{};
    Deadline not_after;                    ///< a grant without an end cannot be made
    std::optional<CloseReason> reason;
    std::optional<Utc> active_at, ready_at, closing_at, closed_at;
    bool is_break_glass = false;
    bool is_attached = false;
    bool is_extended = false;
    bool is_warned = false;                ///< told that it ends in five minutes
    std::string failure;                   ///< why it could not be added, in the directory's words
    friend bool operator==(const Grant&, const Grant&) = default;
};

/// An open grant holds its memberships; a closing one wants them gone.
[[nodiscard]] constexpr bool is_open(GrantState state) {
    return state == GrantState::opening || state == GrantState::active || state == GrantState::ready;
}
[[nodiscard]] std::string_view to_text(GrantState state);
[[nodiscard]] std::string_view to_text(CloseReason reason);

}  // namespace stint
