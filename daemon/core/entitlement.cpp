// Looking things up in a policy. It judges nothing: whether a policy is sound is config/'s to say.
#include "core/entitlement.hpp"

#include <algorithm>
#include <set>

namespace stint {

const Entitlement* Policy::find(const EntitlementName& name) const {
    const auto found = std::find_if(entitlements.begin(), entitlements.end(),
                                    [&](const Entitlement& one) { return one.name == name; });
    return found == entitlements.end() ? nullptr : &*found;
}

bool is_task_name(std::string_view text) {
    const auto is_plain = [](char one) { return (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9'); };
    if (text.empty() || text.size() > 64 || !is_plain(text.front())) return false;
    return std::all_of(text.begin(), text.end(), [&](char one) { return is_plain(one) || one == '-'; });
}

namespace {

void add(std::set<GroupName>& names, const std::vector<GroupName>& groups) { names.insert(groups.begin(), groups.end()); }

void add(std::set<GroupName>& names, const Entitlement& entitlement) {
    add(names, entitlement.groups);
    add(names, entitlement.requesters);
    for (const ApprovalStage& stage : entitlement.stages) {
        add(names, stage.from);
        add(names, stage.escalate_to);
    }
    if (!entitlement.break_glass) return;
    add(names, entitlement.break_glass->requesters);
    add(names, entitlement.break_glass->reviewers);
}

}  // namespace

std::vector<GroupName> groups_named_in(const Policy& policy) {
    std::set<GroupName> names;
    add(names, policy.roles.auditor);
    add(names, policy.roles.security);
    for (const Entitlement& entitlement : policy.entitlements) add(names, entitlement);
    return {names.begin(), names.end()};
}

std::vector<GroupName> groups_named_in(const Entitlement& entitlement) {
    std::set<GroupName> names;
    add(names, entitlement);
    return {names.begin(), names.end()};
}

std::string_view to_text(Risk risk) {
    switch (risk) {
        case Risk::low: return "low";
        case Risk::medium: return "medium";
        case Risk::high: return "high";
    }
    return "";
}

std::string_view to_text(Access access) {
    switch (access) {
        case Access::read_to_support: return "read-to-support";
        case Access::write: return "write";
    }
    return "";
}

}  // namespace stint
