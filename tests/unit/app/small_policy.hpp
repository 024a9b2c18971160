// A policy of two entitlements that need nobody's approval, and an ask for one of them.
#pragma once

#include "core/command.hpp"
#include "core/entitlement.hpp"

#include <string>

namespace stint::testing {

inline Policy small_policy() {
    Policy policy;
    for (const std::string name : {"one", "two"}) {
        Entitlement made;
        made.name = EntitlementName(name);
        made.groups = {GroupName("g-" + name)};
        made.requesters = {GroupName("helpdesk")};
        made.duration = {Seconds(600), Seconds(86'400)};
        made.pending_for = Seconds(900);
        policy.entitlements.push_back(made);
    }
    policy.roles.security = {GroupName("soc"), GroupName("helpdesk")};
    policy.hash = PolicyHash(std::string(64, 'a'));
    return policy;
}

inline FileRequest wish(const std::string& entitlement, Seconds duration) {
    FileRequest command;
    command.entitlement = EntitlementName(entitlement);
    command.reason = "because";
    command.duration = duration;
    return command;
}

}  // namespace stint::testing
