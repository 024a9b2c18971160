// What people decide about a request that was filed: approve, deny, cancel. Pure.
#pragma once

#include "core/command.hpp"
#include "core/eligibility.hpp"
#include "core/result.hpp"
#include "core/transition.hpp"

namespace stint {

/// Who decides, as the directory and the door tell it now.
struct DeciderFacts {
    Actor actor;
    Person person;
    GroupIndex groups;
};

[[nodiscard]] Result<Transition> approve(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id,
                                         const Approve& command, const Now& now);
[[nodiscard]] Result<Transition> deny(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id, const Deny& command,
                                      const Now& now);
/// By the requester; or, while it waits for its start, by whoever may revoke it.
[[nodiscard]] Result<Transition> cancel(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id,
                                        const std::string& comment);

}  // namespace stint
