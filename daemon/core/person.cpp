// Membership as policy asks for it: names in policy, ids in the directory's answers. Only ids are compared.
#include "core/person.hpp"

#include <algorithm>

namespace stint {

bool is_in_any(const Person& person, const std::vector<GroupName>& groups, const GroupIndex& index) {
    return std::any_of(groups.begin(), groups.end(), [&](const GroupName& name) {
        const auto found = index.find(name);
        // A group without an id is a group nobody is in: two empty ids are not the same group.
        if (found == index.end() || found->second.empty()) return false;
        return std::any_of(person.groups.begin(), person.groups.end(),
                           [&](const GroupRef& group) { return group.id == found->second; });
    });
}

}  // namespace stint
