// A managed group is pinned to the entryUUID first seen under its DN. The pin moves only when that entry is gone.
#include "plugins/directory-ldap/groups.hpp"

#include "plugins/directory-ldap/reasons.hpp"
#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/stderr_log.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using sdk::PluginError;
using sdk::Reason;
using Clock = std::chrono::steady_clock;

constexpr auto place_is_good_for = 30s;
constexpr std::size_t max_seen = 10'000;

struct GroupClass {
    std::string_view name, attribute;
    bool needs_a_value;
};
constexpr std::array group_classes{
    GroupClass{"groupOfNames", "member", true},          GroupClass{"groupOfMembers", "member", false},
    GroupClass{"groupOfEntries", "member", false},       GroupClass{"groupOfUniqueNames", "uniqueMember", true},
    GroupClass{"posixGroup", "memberUid", false},
};

std::optional<Target> target_of(const Entry& entry) {
    const auto id = checked_uuid(entry.first("entryUUID"));
    if (!id) return std::nullopt;
    return Target{.id = *id, .dn = entry.dn, .shape = shape_of(entry.all("objectClass"))};
}

Search base_search(const std::string& dn) {
    return {.base = dn, .scope = Scope::base, .filter = Filter::present("objectClass").text(), .attributes = {"entryUUID", "objectClass"}};
}

Search id_search(const std::string& base, const std::string& id) {
    return {.base = base, .scope = Scope::subtree, .filter = Filter::equal("entryUUID", id).text(),
            .attributes = {"entryUUID", "objectClass"}, .size_limit = 1};
}

boost::json::object told(const Target& target, bool is_managed, bool may_be_empty) {
    return {{"id", target.id}, {"name", target.dn}, {"managed", is_managed}, {"may_be_empty", may_be_empty}, {"kind", target.shape.kind}};
}

[[noreturn]] void refuse_unknown(const std::string& id) {
    throw PluginError(Reason::not_found, "no group has the entryUUID " + escaped_for_filter(id) + "; it was deleted, or is not under groups.base");
}

}  // namespace

Shape shape_of(const std::vector<std::string>& object_classes) {
    Shape shape;
    for (const auto& known : group_classes) {
        const auto is_it = [&](const std::string& name) { return folded(name) == folded(known.name); };
        if (std::ranges::none_of(object_classes, is_it)) continue;
        shape.kind += (shape.kind.empty() ? "" : "+") + std::string(known.name);
        shape.needs_a_value |= known.needs_a_value;
        if (std::ranges::find(shape.attributes, known.attribute) == shape.attributes.end()) shape.attributes.emplace_back(known.attribute);
    }
    return shape;
}

Search whole_group(const Target& group) {
    return {.base = group.dn, .scope = Scope::base, .filter = Filter::equal("entryUUID", group.id).text(), .attributes = group.shape.attributes};
}

bool holds_logins(const std::string& attribute) { return attribute == "memberUid"; }

Groups::Groups(std::string base, const std::vector<std::string>& managed, const People& people) : base_(std::move(base)), people_(people) {
    for (const auto& dn : managed) managed_.push_back({.dn = dn, .key = dn_key(dn), .pinned = std::nullopt});
}

Groups::Managed* Groups::managed_by_id(const std::string& id) {
    const auto found = std::ranges::find_if(managed_, [&](const Managed& one) { return one.pinned && one.pinned->id == id; });
    return found == managed_.end() ? nullptr : &*found;
}

void Groups::remember(const Target& target) {
    if (seen_.size() >= max_seen) seen_.clear();
    seen_[target.id] = {target, Clock::now()};
}

asio::awaitable<std::optional<Target>> Groups::search_by_id(std::shared_ptr<Connection> connection, std::string id) const {
    auto what = id_search(base_, id);
    const auto reply = co_await search(connection, std::move(what));
    if (reply.entries.empty()) co_return std::nullopt;
    co_return target_of(reply.entries.front());
}

asio::awaitable<Target> Groups::locate(std::shared_ptr<Connection> connection, std::string id, bool must_be_fresh) {
    const auto uuid = checked_uuid(id);
    if (!uuid) refuse_unknown(id);
    if (!must_be_fresh) {
        if (const auto* managed = managed_by_id(*uuid); managed != nullptr) co_return *managed->pinned;
        if (const auto found = seen_.find(*uuid); found != seen_.end() && Clock::now() - found->second.at < place_is_good_for)
            co_return found->second.target;
    }
    seen_.erase(*uuid);
    auto target = co_await search_by_id(connection, *uuid);
    if (!target) refuse_unknown(id);
    remember(*target);
    co_return *target;
}

/// Looks at every listed DN that has no pin yet: at start, and for groups that came later.
asio::awaitable<void> Groups::pin_all(std::shared_ptr<Connection> connection) {
    std::vector<Search> searches;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < managed_.size(); ++i) {
        if (managed_[i].pinned) continue;
        searches.push_back(base_search(managed_[i].dn));
        places.push_back(i);
    }
    const auto replies = co_await search_all(connection, std::move(searches));
    for (std::size_t i = 0; i < replies.size(); ++i)
        if (!replies[i].entries.empty() && !managed_[places[i]].pinned) managed_[places[i]].pinned = target_of(replies[i].entries.front());
}

/// True when the group is on the list and is the one that was first seen there.
asio::awaitable<bool> Groups::pin(std::shared_ptr<Connection> connection, Target target) {
    const auto key = dn_key(target.dn);
    const auto found = std::ranges::find_if(managed_, [&](const Managed& one) { return one.key == key; });
    if (found == managed_.end()) co_return false;
    if (found->pinned && found->pinned->id != target.id) {
        const auto old = co_await search_by_id(connection, found->pinned->id);
        if (old) {
            sdk::log_line("not managed: " + target.dn + " is not the group it was, which is now " + old->dn + "; restart to accept the new one");
            co_return false;
        }
        sdk::log_line("the group at " + target.dn + " was deleted and made anew; from now on the new one is managed");
    }
    found->pinned = std::move(target);
    found->pinned->dn = found->dn;
    co_return true;
}

asio::awaitable<Target> Groups::writable(std::shared_ptr<Connection> connection, std::string id) {
    const auto uuid = checked_uuid(id);
    if (!uuid) refuse_unknown(id);
    if (managed_by_id(*uuid) == nullptr) co_await pin_all(connection);
    if (const auto* managed = managed_by_id(*uuid); managed != nullptr) {
        if (!managed->pinned->shape.attributes.empty()) co_return *managed->pinned;
        throw PluginError(Reason::not_allowed, managed->dn + " is none of groupOfNames, groupOfMembers, groupOfUniqueNames, posixGroup");
    }
    const auto target = co_await search_by_id(connection, *uuid);
    if (!target) refuse_unknown(id);
    throw PluginError(Reason::not_allowed, target->dn + " is not in managed_groups, or is not the group that was first seen there; nothing was sent");
}

asio::awaitable<void> Groups::refuse_gone(std::shared_ptr<Connection> connection, Target target) {
    const auto now = co_await search_by_id(connection, target.id);
    if (!now) refuse_unknown(target.id);
    throw PluginError(Reason::not_allowed, "the group that was " + target.dn + " is now " + now->dn +
                                               ", which is not in managed_groups; nothing was changed. Put the new name there, or rename it back");
}

asio::awaitable<boost::json::object> Groups::by_name(std::shared_ptr<Connection> connection, std::string name) {
    if (!Dn::parse(name)) throw PluginError(Reason::not_found, "a group is named by its DN, such as cn=admins,ou=groups,dc=example,dc=org");
    auto what = base_search(name);
    const auto reply = co_await search(connection, std::move(what));
    if (reply.entries.empty()) throw PluginError(Reason::not_found, "there is no " + name + ", or the broker's account may not read it");
    const auto target = target_of(reply.entries.front());
    if (!target) throw PluginError(Reason::refused, name + " shows no entryUUID; let the broker's account read it");
    if (target->shape.attributes.empty())
        throw PluginError(Reason::refused, name + " is none of groupOfNames, groupOfMembers, groupOfUniqueNames, posixGroup");
    co_return co_await described(connection, *target);
}

asio::awaitable<boost::json::object> Groups::by_id(std::shared_ptr<Connection> connection, std::string id) {
    const auto target = co_await locate(connection, std::move(id), true);
    co_return co_await described(connection, target);
}

asio::awaitable<boost::json::object> Groups::described(std::shared_ptr<Connection> connection, Target target) {
    remember(target);
    const bool is_managed = co_await pin(connection, target);
    bool may_be_empty = !target.shape.needs_a_value;
    if (is_managed && !may_be_empty) may_be_empty = co_await has_placeholder(connection, target);
    co_return told(target, is_managed, may_be_empty);
}

/// A value that is no person's place keeps the group from losing its last member when people leave.
asio::awaitable<bool> Groups::has_placeholder(std::shared_ptr<Connection> connection, Target target) {
    auto what = whole_group(target);
    const auto reply = co_await search(connection, std::move(what));
    for (const auto& entry : reply.entries)
        for (const auto& attribute : target.shape.attributes) {
            if (holds_logins(attribute)) continue;
            for (const auto& value : entry.all(attribute))
                if (const auto dn = Dn::parse(value); dn && !people_.is_under_base(*dn)) co_return true;
        }
    co_return false;
}

Search Groups::search_for_groups_of(const Person& person) const {
    std::vector<Filter> any{Filter::equal("member", person.dn), Filter::equal("uniqueMember", person.dn)};
    for (const auto& login : person.logins) any.push_back(Filter::equal("memberUid", login));
    return {.base = base_, .scope = Scope::subtree, .filter = Filter::any_of(any).text(), .attributes = {"entryUUID"}};
}

boost::json::array Groups::groups_in(const Reply& reply) {
    boost::json::array out;
    for (const auto& entry : reply.entries)
        if (const auto id = checked_uuid(entry.first("entryUUID")); id) out.push_back(boost::json::object{{"id", *id}, {"name", entry.dn}});
    return out;
}

}  // namespace stint::directory_ldap
