// Taking a right back: who may, why, and what it takes until a grant counts as closed. Pure.
#pragma once

#include "core/deciding.hpp"

#include <string>
#include <vector>

namespace stint {

/// Starts to close an open grant; commits the intent to remove where no other open grant holds the membership, and
/// closes at once what other grants cover. Empty when the grant is not open.
[[nodiscard]] Transition begin_closing(const Ledger& ledger, const Grant& grant, CloseReason reason, const Actor& actor,
                                       const std::string& comment);

/// By the person it was lent to.
[[nodiscard]] Result<Transition> release(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id,
                                         const Release& command);
/// By security or by whoever may approve the entitlement.
[[nodiscard]] Result<Transition> revoke(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id,
                                        const Revoke& command);

/// The header of an event about a grant.
[[nodiscard]] EventHeader header_of(const Ledger& ledger, const Grant& grant, const Actor& actor);
/// What people and the ticket are told when a grant is closed.
void tell_closed(const Ledger& ledger, Transition& transition, const Grant& grant, CloseReason reason);
/// Of a grant's memberships, those that another open grant holds: they are not taken away.
enum class GoesOn { nothing, some, all };
[[nodiscard]] GoesOn what_goes_on(const Ledger& ledger, RequestId grant);

}  // namespace stint
