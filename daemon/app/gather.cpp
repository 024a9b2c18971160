// Facts, one question after another; those that are independent of each other are asked at the same time by the
// plugins' pipelines, so nothing here needs to be clever.
#include "app/gather.hpp"

#include "log/log.hpp"

#include <algorithm>

namespace stint {

namespace {

/// People are counted no further than these pages of the directory: a stage open to thousands needs no number.
constexpr std::size_t most_pages = 8;

}  // namespace

Actor actor_for(const Caller& caller, const PersonId& person) {
    Actor actor;
    actor.kind = ActorKind::person;
    actor.id = person;
    actor.auth = caller.auth;
    actor.origin = caller.origin;
    actor.is_acted = caller.act_as.has_value();
    return actor;
}

bool is_unanswered(const Refusal& refusal) { return refusal.code == RefusalCode::caller_unknown && !refusal.detail.empty(); }

boost::asio::awaitable<Result<KnownCaller>> Gather::caller(Caller caller) {
    if (caller.act_as && !world_.settings.may_act_as) co_return Refusal{RefusalCode::not_permitted, "acting for others is for demonstrations"};
    const Login login = caller.act_as.value_or(caller.login);
    KnownCaller known;
    std::optional<Refusal> unknown;
    try {
        known.person = co_await world_.directory.person_by_login(login);
    } catch (const Fault& fault) {
        if (fault.kind() != FaultKind::not_found && fault.kind() != FaultKind::refused) throw;
        unknown = Refusal{RefusalCode::caller_unknown, fault.kind() == FaultKind::refused ? "the directory would not say who has this login" : ""};
    }
    if (unknown) co_return *unknown;
    if (caller.act_as) known.acting = PersonRef{{}, caller.login, {}, {}};
    known.actor = actor_for(caller, known.person.ref.id);
    const auto policy = world_.current_policy();
    known.groups = co_await groups(policy);
    co_return known;
}

boost::asio::awaitable<std::optional<Group>> Gather::group(GroupName name) {
    const auto found = known_groups_.find(name);
    if (found != known_groups_.end()) co_return found->second;
    std::optional<Group> group;
    try {
        group = co_await world_.directory.group(name);
    } catch (const Fault& fault) {
        // What is refused, an operations error say, is no word on whether there is such a group.
        if (fault.kind() != FaultKind::not_found) throw;
    }
    if (group) known_groups_.emplace(name, *group);
    co_return group;
}

boost::asio::awaitable<GroupIndex> Gather::groups(std::shared_ptr<const Policy> policy) {
    if (index_ && indexed_ == policy) co_return *index_;
    const auto names = groups_named_in(*policy);
    GroupIndex::Ids ids;
    for (const GroupName& name : names) {
        try {
            const auto known = co_await group(name);
            if (known) ids.emplace(name, known->ref.id);
        } catch (const Fault& fault) {
            if (is_not_sent(fault.kind())) throw;
            log::warning("group_not_told", {{"group", name.value}, {"why", fault.what()}});
        }
    }
    const bool is_whole = ids.size() == names.size();
    GroupIndex index(std::move(ids));
    if (is_whole && policy == world_.current_policy()) {
        index_ = index;
        indexed_ = policy;
    }
    co_return index;
}

boost::asio::awaitable<GroupIndex> Gather::groups_for(std::shared_ptr<const Policy> policy, const Entitlement* entitlement) {
    const auto names = groups_named_in(*entitlement);
    for (const GroupName& name : names) static_cast<void>(co_await group(name));  // whatever it says of it
    co_return co_await groups(policy);
}

boost::asio::awaitable<std::vector<Reading>> Gather::readings(const Entitlement* entitlement, PersonRef person) {
    std::vector<Reading> readings;
    for (const GroupName& name : entitlement->groups) {
        const auto known = co_await group(name);
        if (!known || !known->is_managed) continue;
        const Utc asked_at = world_.clock.now().utc;
        const ReadBack seen = co_await world_.directory.read_back(known->ref.id, person);
        readings.push_back(Reading{known->ref, seen.is_present, known->may_be_empty, seen.server, asked_at});
    }
    co_return readings;
}

boost::asio::awaitable<TicketFacts> Gather::ticket(const Entitlement* entitlement, TicketId id) {
    TicketFacts facts;
    if (!entitlement->ticket || id.empty()) co_return facts;
    if (world_.tickets == nullptr) {
        facts.sight = TicketSight::unreachable;
        co_return facts;
    }
    try {
        facts.ticket = co_await world_.tickets->lookup(id);
        facts.sight = TicketSight::seen;
    } catch (const Fault& fault) {
        facts.sight = fault.kind() == FaultKind::not_found ? TicketSight::unknown : TicketSight::unreachable;
    }
    co_return facts;
}

boost::asio::awaitable<std::vector<std::optional<int>>> Gather::able(const Entitlement* entitlement, PersonId requester) {
    std::vector<std::optional<int>> able;
    for (std::size_t stage = 0; stage < entitlement->stages.size(); ++stage) {
        auto asked = enabled_members(approvers_of(*entitlement, static_cast<int>(stage), false));
        auto people = co_await std::move(asked);
        if (people) people->erase(requester);
        able.push_back(people ? std::optional(static_cast<int>(people->size())) : std::nullopt);
    }
    co_return able;
}

boost::asio::awaitable<std::optional<std::set<PersonId>>> Gather::enabled_members(std::vector<GroupName> names) {
    std::set<PersonId> found;
    std::size_t pages = 0;
    try {
        for (const GroupName& name : names) {
            const auto known = co_await group(name);
            if (!known) continue;
            std::optional<std::string> cursor;
            do {
                if (++pages > most_pages) co_return std::nullopt;
                auto asked = world_.directory.members(known->ref.id, cursor);
                const MembersPage page = co_await std::move(asked);
                for (const Person& person : page.members) {
                    if (person.is_enabled) found.insert(person.ref.id);
                }
                cursor = page.cursor;
            } while (cursor);
        }
        co_return found;
    } catch (const Fault&) {
        // A count is a courtesy: what cannot be counted is not told.
    }
    co_return std::nullopt;
}

boost::asio::awaitable<OpeningFacts> Gather::opening(std::shared_ptr<const Policy> policy, Request request, std::vector<Approval> approvals) {
    OpeningFacts facts;
    try {
        // A request filed while the directory was down knows its person by name only.
        facts.requester = co_await world_.directory.person_by_id(request.requester.id);
    } catch (const Fault& fault) {
        if (fault.kind() != FaultKind::not_found) throw;
        facts.requester.ref = request.requester;
        facts.requester.is_enabled = false;
    }
    for (const Approval& approval : approvals) {
        try {
            Person approver = co_await world_.directory.person_by_id(approval.approver.id);
            facts.approvers.emplace(approval.approver.id, std::move(approver));
        } catch (const Fault& fault) {
            if (fault.kind() != FaultKind::not_found) throw;
        }
    }
    const Entitlement* entitlement = policy->find(request.entitlement);
    if (entitlement == nullptr) co_return facts;
    facts.groups = co_await groups_for(policy, entitlement);
    facts.ticket = co_await ticket(entitlement, request.ticket);
    facts.readings = co_await readings(entitlement, request.requester);
    co_return facts;
}

}  // namespace stint
