// Judging an ask before anything is filed: an ordinary request, a break-glass, an extension. Pure.
#pragma once

#include "core/command.hpp"
#include "core/eligibility.hpp"
#include "core/joining.hpp"
#include "core/result.hpp"
#include "core/transition.hpp"

#include <optional>
#include <vector>

namespace stint {

/// Everything the world was asked before an ask is judged.
struct FilingFacts {
    Actor actor;
    Person requester;
    GroupIndex groups;
    TicketFacts ticket;
    std::vector<Reading> readings;   ///< one for each of the entitlement's groups that the directory knows
    bool is_clock_behind = false;
};

/// The longest reason or comment, in characters.
inline constexpr std::size_t text_limit = 200;
inline constexpr int pending_limit = 3;
inline constexpr Seconds start_limit{30 * 24 * 3600};

/// One rule that an ask is held against.
struct JudgedRule {
    std::string rule;                ///< its name: account, reason, duration, start, verification, ticket, clock, reviews, under_way, standing, removals
    std::string text;                ///< what it is held against, in the broker's words and the ticket system's
    std::optional<Refusal> broken;
};

/// Every rule for somebody who may ask at all, in the order in which they refuse.
[[nodiscard]] std::vector<JudgedRule> judge_request(const Ledger& ledger, const Entitlement& entitlement, const FilingFacts& facts,
                                                    const FileRequest& command, const Now& now);

/// Files it under `ledger.next_request()`. With no approval stages it is approved in the same transition.
[[nodiscard]] Result<Transition> file_request(const Ledger& ledger, const Policy& policy, const FilingFacts& facts,
                                              const FileRequest& command, const Now& now);

/// Files it, approved by policy, with its review due, in one transition. It is never refused for a ticket, a clock or
/// an overdue review: patients come first. `facts` may be without readings when the directory is down.
[[nodiscard]] Result<Transition> file_break_glass(const Ledger& ledger, const Policy& policy, const FilingFacts& facts,
                                                  bool is_directory_down, const BreakGlass& command, const Now& now);

/// Files a request of kind extension for an open grant; approvals are asked for anew.
[[nodiscard]] Result<Transition> file_extension(const Ledger& ledger, const Policy& policy, const FilingFacts& facts, RequestId grant,
                                                const Extend& command, const Now& now);

/// Nothing ordinary is lent on a group somebody should have left five minutes ago. A break-glass is.
[[nodiscard]] std::optional<Refusal> stuck_fault(const Ledger& ledger, const std::vector<Reading>& readings);
/// The header every event about this request has.
[[nodiscard]] EventHeader header_of(const Request& request, const Actor& actor);
/// The broker itself, on account of `why`: "policy", "clock", "directory".
[[nodiscard]] Actor broker_actor(std::string why);
/// An `ask.refused` event: nothing was filed, and that too is on the record.
[[nodiscard]] Event refused_ask(const Actor& actor, const std::string& verb, const Refusal& refusal, const EntitlementName& entitlement,
                                const TicketId& ticket, RequestId request);

}  // namespace stint
