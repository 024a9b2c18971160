// Whether a policy can ever be satisfied by the people the directory has: what no file can tell alone.
// Pure: it is handed a snapshot and asks nobody.
#pragma once

#include "config/config.hpp"
#include "core/person.hpp"

#include <map>
#include <optional>
#include <vector>

namespace stint {

/// One group as the directory told it, with its members (enabled or not).
struct GroupSnapshot {
    Group group;
    std::vector<Person> members;
};

/// By the name that policy uses (core: groups_named_in). nullopt, or absent: the directory does not know the group.
using DirectorySnapshot = std::map<GroupName, std::optional<GroupSnapshot>>;

/// Adds an error for each group that is unknown, for each lent group that the plugin may not write or that
/// cannot lose its last member, for each way to lend power over the loan itself (by the groups' ids), and for
/// every stage or review that some possible requester could never get past: nobody decides on their own
/// request, and nobody counts twice in one. Adds warnings for what is merely thin.
void check_satisfiable(const Policy& policy, const DirectorySnapshot& directory, Faults& faults, const PolicySource& source = {});

}  // namespace stint
