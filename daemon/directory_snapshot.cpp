// One group after another, members page by page, and only of groups whose people a policy is judged by: those that it
// lends may be large, and who is in them decides nothing.
#include "directory_snapshot.hpp"

#include <set>

namespace stint {

namespace {

std::set<GroupName> groups_with_a_say(const Policy& policy) {
    std::set<GroupName> names;
    const auto add = [&names](const std::vector<GroupName>& groups) { names.insert(groups.begin(), groups.end()); };
    for (const Entitlement& entitlement : policy.entitlements) {
        add(entitlement.requesters);
        for (const ApprovalStage& stage : entitlement.stages) {
            add(stage.from);
            add(stage.escalate_to);
        }
        if (!entitlement.break_glass) continue;
        add(entitlement.break_glass->requesters);
        add(entitlement.break_glass->reviewers);
    }
    return names;
}

}  // namespace

boost::asio::awaitable<DirectorySnapshot> snapshot(Directory* directory, const Policy* policy) {
    DirectorySnapshot found;
    const auto having_a_say = groups_with_a_say(*policy);
    for (const GroupName& name : groups_named_in(*policy)) {
        std::optional<GroupSnapshot> group;
        try {
            GroupSnapshot seen;
            seen.group = co_await directory->group(name);
            std::optional<std::string> cursor;
            for (bool is_more = having_a_say.contains(name); is_more; is_more = cursor.has_value()) {
                MembersPage page = co_await directory->members(seen.group.ref.id, cursor);
                seen.members.insert(seen.members.end(), page.members.begin(), page.members.end());
                cursor = page.cursor;
            }
            group = std::move(seen);
        } catch (const Fault& fault) {
            if (!is_definite_no(fault.kind())) throw;
        }
        found.emplace(name, std::move(group));
    }
    co_return found;
}

}  // namespace stint
