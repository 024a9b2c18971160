// What may be lent, to whom, how long, on whose word: the policy, after it was read and found whole.
#pragma once

#include "core/id.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stint {

enum class Risk { low, medium, high };
enum class Access { read_to_support, write };
enum class WhenUnreachable { refuse, allow };

struct DurationRule {
    Seconds standard{};  ///< `default` in the file
    Seconds max{};
};

struct TicketRule {
    std::vector<std::string> states;  ///< the ticket must be in one of these; empty: any state that is not closed
    bool must_be_assigned_to_requester = false;  ///< `assignee_is_requester`
    bool close_revokes = false;
    WhenUnreachable when_unreachable = WhenUnreachable::refuse;
};

struct ApprovalStage {
    std::vector<GroupName> from;
    int count = 1;
    std::optional<Seconds> remind_after;
    std::optional<Seconds> escalate_after;
    std::vector<GroupName> escalate_to;  ///< may approve too, once the stage was escalated
};

struct BreakGlassRule {
    std::vector<GroupName> requesters;
    Seconds max{};
    Seconds review_within{};
    std::vector<GroupName> reviewers;
};

/// A named task that may be lent.
struct Entitlement {
    EntitlementName name;
    std::string title;
    Risk risk = Risk::medium;
    Access access = Access::write;
    std::vector<GroupName> groups;
    std::vector<GroupName> requesters;
    DurationRule duration;
    Seconds pending_for{};
    std::vector<std::string> verification;  ///< one of these must be recorded; empty: none is asked for
    std::optional<TicketRule> ticket;       ///< absent: no ticket is asked for
    std::vector<ApprovalStage> stages;      ///< empty: granted on policy alone
    std::optional<BreakGlassRule> break_glass;
};

/// Directory groups that hold a role in the broker; nobody holds one by default.
struct Roles {
    std::vector<GroupName> auditor;
    std::vector<GroupName> security;
};

struct Policy {
    std::vector<Entitlement> entitlements;
    Roles roles;
    PolicyHash hash;
    [[nodiscard]] const Entitlement* find(const EntitlementName& name) const;
};

/// Every group that policy and roles name, each once, in order.
[[nodiscard]] std::vector<GroupName> groups_named_in(const Policy& policy);
/// Those of one entitlement.
[[nodiscard]] std::vector<GroupName> groups_named_in(const Entitlement& entitlement);

/// What an entitlement may be called: [a-z0-9][a-z0-9-]{0,63}
[[nodiscard]] bool is_task_name(std::string_view text);
[[nodiscard]] std::string_view to_text(Risk risk);
[[nodiscard]] std::string_view to_text(Access access);

}  // namespace stint
