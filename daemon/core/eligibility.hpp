// Who may ask, decide and review: questions about a person, an entitlement and the groups, nothing else.
#pragma once

#include "core/entitlement.hpp"
#include "core/ledger.hpp"
#include "core/person.hpp"
#include "core/refusal.hpp"
#include "core/ticket.hpp"

#include <map>
#include <optional>
#include <vector>

namespace stint {

/// The ticket as far as it could be seen.
enum class TicketSight { not_asked, seen, unknown, unreachable };
struct TicketFacts {
    TicketSight sight = TicketSight::not_asked;
    Ticket ticket;
};

/// The rule the ticket breaks for this requester, if any. `ticket_unreachable` only where the entitlement refuses then.
[[nodiscard]] std::optional<Refusal> ticket_fault(const Entitlement& entitlement, const TicketFacts& facts, const Login& requester);

/// May this person decide at this stage (from 0), escalated or not? Says nothing about being the requester.
[[nodiscard]] bool may_approve(const Entitlement& entitlement, int stage, bool is_escalated, const Person& person, const GroupIndex& index);

/// The groups whose members decide at this stage now.
[[nodiscard]] std::vector<GroupName> approvers_of(const Entitlement& entitlement, int stage, bool is_escalated);

/// Approvals of this stage by people who are enabled and may still give them; `people` is as the directory tells them now.
[[nodiscard]] int standing_approvals(const Entitlement& entitlement, int stage, const std::vector<Approval>& approvals,
                                     const std::map<PersonId, Person>& people, const PersonId& requester, const GroupIndex& index);

/// Auditors and security see everything there is to see.
[[nodiscard]] bool may_see_all(const Roles& roles, const Person& person, const GroupIndex& index);
/// May this person see the request: who asked, who decides at any stage, who reviews it, security and auditors.
/// `entitlement` is null when the policy no longer has it: then only the requester and the roles see it.
[[nodiscard]] bool may_see(const Request& request, const Entitlement* entitlement, const Roles& roles, const Person& person,
                           const GroupIndex& index);
/// May this person end somebody else's grant: security, and whoever may approve the entitlement.
[[nodiscard]] bool may_revoke(const Entitlement* entitlement, const Roles& roles, const Person& person, const GroupIndex& index);

}  // namespace stint
