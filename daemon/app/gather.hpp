// Asks the world for the facts a command needs. It may wait; it judges nothing and stores nothing but what it
// remembers of groups' ids.
#pragma once

#include "app/world.hpp"
#include "core/command.hpp"
#include "core/deciding.hpp"
#include "core/filing.hpp"
#include "core/opening.hpp"
#include "core/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stint {

/// A caller the directory knows.
struct KnownCaller {
    Actor actor;
    Person person;
    GroupIndex groups;                        ///< of everything policy and roles name
    std::optional<PersonRef> acting;          ///< demo only: who is really typing
};

class Gather {
public:
    explicit Gather(World& world) : world_(world) {}

    /// Throws Fault(unreachable) when the directory cannot be asked.
    [[nodiscard]] boost::asio::awaitable<Result<KnownCaller>> caller(Caller caller);
    /// Nothing when the directory does not know it. Throws Fault when it does not say.
    [[nodiscard]] boost::asio::awaitable<std::optional<Group>> group(GroupName name);
    /// Of which the directory says nothing is left out, as if it did not know it: one group must not keep everybody from
    /// everything. Throws Fault(unreachable) when the directory cannot be asked.
    [[nodiscard]] boost::asio::awaitable<GroupIndex> groups(std::shared_ptr<const Policy> policy);
    /// The same where a no ends something: throws Fault when the directory does not say of a group of this entitlement.
    [[nodiscard]] boost::asio::awaitable<GroupIndex> groups_for(std::shared_ptr<const Policy> policy, const Entitlement* entitlement);
    /// One reading for each group of the entitlement that the directory knows.
    [[nodiscard]] boost::asio::awaitable<std::vector<Reading>> readings(const Entitlement* entitlement, PersonRef person);
    [[nodiscard]] boost::asio::awaitable<TicketFacts> ticket(const Entitlement* entitlement, TicketId id);
    [[nodiscard]] boost::asio::awaitable<OpeningFacts> opening(std::shared_ptr<const Policy> policy, Request request,
                                                               std::vector<Approval> approvals);
    /// How many people beside the requester may decide at each stage now, the escalation left out; nothing for a stage that
    /// the directory does not tell in a few pages.
    [[nodiscard]] boost::asio::awaitable<std::vector<std::optional<int>>> able(const Entitlement* entitlement, PersonId requester);
    /// Forgets what the groups' names meant: the policy was loaded anew.
    void forget_groups() {
        known_groups_.clear();
        index_.reset();
    }

private:
    /// Of all these groups together; nothing when they are too large, or the directory does not tell.
    [[nodiscard]] boost::asio::awaitable<std::optional<std::set<PersonId>>> enabled_members(std::vector<GroupName> names);

    World& world_;
    /// A name means the same group for as long as a policy is in force: one that is deleted and made anew under its old
    /// name is another group and is not lent.
    std::map<GroupName, Group> known_groups_;
    std::optional<GroupIndex> index_;           ///< of all of them, once each is known
    std::shared_ptr<const Policy> indexed_;     ///< the policy it is of
};

/// A refusal of `Gather::caller` that is none: nobody said that there is no such person; nothing was said.
[[nodiscard]] bool is_unanswered(const Refusal& refusal);
/// The broker's last word on who somebody is when the directory is down.
[[nodiscard]] Actor actor_for(const Caller& caller, const PersonId& person);

}  // namespace stint
