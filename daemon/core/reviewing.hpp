// Judging a break-glass afterwards, and noticing when nobody did. Pure.
#pragma once

#include "core/deciding.hpp"

namespace stint {

/// By a reviewer who is neither the user nor took part in approving anything for the grant.
[[nodiscard]] Result<Transition> review(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id,
                                        const GiveVerdict& command);

/// The rule against this person reviewing it, if any.
[[nodiscard]] std::optional<Refusal> reviewer_fault(const Ledger& ledger, const Policy& policy, const Review& review, const Person& person,
                                                    const GroupIndex& index);

}  // namespace stint
