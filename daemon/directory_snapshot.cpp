// One group after another, members page by page.
#include "directory_snapshot.hpp"

namespace stint {

boost::asio::awaitable<DirectorySnapshot> snapshot(Directory* directory, const Policy* policy) {
    DirectorySnapshot found;
    for (const GroupName& name : groups_named_in(*policy)) {
        std::optional<GroupSnapshot> group;
        try {
            GroupSnapshot seen;
            seen.group = co_await directory->group(name);
            std::optional<std::string> cursor;
            do {
                MembersPage page = co_await directory->members(seen.group.ref.id, cursor);
                seen.members.insert(seen.members.end(), page.members.begin(), page.members.end());
                cursor = page.cursor;
            } while (cursor);
            group = std::move(seen);
        } catch (const Fault& fault) {
            if (!is_definite_no(fault.kind())) throw;
        }
        found.emplace(name, std::move(group));
    }
    co_return found;
}

}  // namespace stint
