// A managed group is pinned to the id first seen under its DN, for as long as the process runs: that a group is not found
// any more may mean that it was moved, or that the account may not read it.
#include "plugins/directory-ldap/groups.hpp"

#include "plugins/directory-ldap/reasons.hpp"
#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/stderr_log.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
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

constexpr int max_ranges = 10'000;
/// In one search: each value of a large group is held against what is wanted for each of them.
constexpr std::size_t persons_at_once = 16;

std::vector<std::string> attributes_of(const Dialect& dialect) { return {std::string(dialect.id_attribute), "objectClass"}; }

std::optional<Target> target_of(const Entry& entry, const Dialect& dialect) {
    const auto id = dialect.id_of(entry);
    if (id.empty()) return std::nullopt;
    return Target{.id = id, .dn = entry.dn, .shape = shape_of(entry.all("objectClass"), dialect)};
}

/// MS-ADTS 3.1.1.3.1.3.3: "member;range=0-1499"; the last one ends in "*". Where the next one begins, absent at the end.
std::optional<std::size_t> next_range(Entry& entry, const std::string& attribute, std::vector<std::string>& values) {
    const auto prefix = folded(attribute) + ";range=";
    for (auto& [name, part] : entry.attributes) {
        if (!name.starts_with(prefix)) continue;
        std::ranges::move(part, std::back_inserter(values));
        const auto end = name.find('-', prefix.size());
        if (end == std::string::npos || name.substr(end + 1) == "*" || part.empty()) return std::nullopt;
        return values.size();
    }
    return std::nullopt;
}

boost::json::object told(const Target& target, bool is_managed, bool may_be_empty) {
    return {{"id", target.id}, {"name", target.dn}, {"managed", is_managed}, {"may_be_empty", may_be_empty}, {"kind", target.shape.kind}};
}

[[noreturn]] void refuse_unknown(const std::string& id, const Dialect& dialect) {
    throw PluginError(Reason::not_found, "no group has the " + std::string(dialect.id_attribute) + " " + escaped_for_filter(id) +
                                             "; it was deleted, or is not under groups.base");
}

}  // namespace

Search base_search(const std::string& dn, const Dialect& dialect) {
    return {.base = dn, .scope = Scope::base, .filter = Filter::present("objectClass").text(), .attributes = attributes_of(dialect)};
}

Shape shape_of(const std::vector<std::string>& object_classes, const Dialect& dialect) {
    Shape shape;
    for (const auto& known : dialect.group_classes) {
        const auto is_it = [&](const std::string& name) { return folded(name) == folded(known.name); };
        if (std::ranges::none_of(object_classes, is_it)) continue;
        shape.kind += (shape.kind.empty() ? "" : "+") + std::string(known.name);
        shape.needs_a_value |= known.needs_a_value;
        if (std::ranges::find(shape.attributes, known.attribute) == shape.attributes.end()) shape.attributes.emplace_back(known.attribute);
    }
    return shape;
}

Search whole_group(const Target& group, const Dialect& dialect) {
    return {.base = dialect.name_of(group.id, group.dn), .scope = Scope::base, .filter = dialect.id_filter(group.id).text(),
            .attributes = group.shape.attributes, .ends_a_call = true};
}

asio::awaitable<Entry> read_whole(std::shared_ptr<Connection> connection, Target group, const Dialect* dialect) {
    Entry whole;
    for (const auto& attribute : group.shape.attributes) {
        std::optional<std::size_t> first = 0;
        for (int round = 0; first && round < max_ranges; ++round) {
            auto what = whole_group(group, *dialect);
            const auto last = *first + static_cast<std::size_t>(dialect->range_step);
            what.attributes = {last == *first ? attribute : attribute + ";range=" + std::to_string(*first) + "-" + std::to_string(last - 1)};
            auto reply = co_await search(connection, std::move(what));
            if (reply.entries.empty()) throw EntryGone(group.dn);
            auto& part = reply.entries.front();
            auto& values = whole.attributes[folded(attribute)];
            whole.dn = part.dn;
            std::ranges::move(part.attributes[folded(attribute)], std::back_inserter(values));
            first = next_range(part, attribute, values);
        }
    }
    co_return whole;
}

bool holds_logins(const std::string& attribute) { return attribute == "memberUid"; }

Value comparable(const Value& value) {
    return {value.attribute, holds_logins(value.attribute) ? value.text : dn_key(value.text)};
}

std::set<Value> values_of(const Entry& entry, const Shape& shape) {
    std::set<Value> out;
    for (const auto& attribute : shape.attributes)
        for (const auto& text : entry.all(attribute)) out.insert({attribute, text});
    return out;
}

Groups::Groups(std::string base, const std::vector<std::string>& managed, const People& people)
    : base_(std::move(base)), base_key_(dn_key(base_)), people_(people), direct_(persons_at_once, [this](std::shared_ptr<Connection> connection, std::vector<std::vector<Value>> wanted) {
          return direct_together(std::move(connection), std::move(wanted));
      }) {
    for (const auto& dn : managed) managed_.push_back({.dn = dn, .key = dn_key(dn), .pinned = std::nullopt, .turned_away = ""});
}

Groups::Managed* Groups::managed_by_id(const std::string& id) {
    const auto found = std::ranges::find_if(managed_, [&](const Managed& one) { return one.pinned && one.pinned->id == id; });
    return found == managed_.end() ? nullptr : &*found;
}

Groups::Managed* Groups::managed_by_dn(const std::string& dn) {
    const auto found = std::ranges::find(managed_, dn_key(dn), &Managed::key);
    return found == managed_.end() ? nullptr : &*found;
}

void Groups::remember(const Target& target) {
    if (seen_.size() >= max_seen) seen_.clear();
    seen_[target.id] = {target, Clock::now()};
}

Search Groups::search_under_base(const Filter& filter) const {
    return {.base = base_, .scope = Scope::subtree, .filter = filter.text(), .attributes = attributes_of(dialect()), .control = dialect().search_control};
}

asio::awaitable<std::optional<Target>> Groups::search_by_id(std::shared_ptr<Connection> connection, std::string id) const {
    auto what = search_under_base(dialect().id_filter(id));
    const auto reply = co_await search(connection, std::move(what));
    if (reply.entries.empty()) co_return std::nullopt;
    co_return target_of(reply.entries.front(), dialect());
}

asio::awaitable<Target> Groups::locate(std::shared_ptr<Connection> connection, std::string id, bool must_be_fresh) {
    const auto uuid = dialect().checked_id(id);
    if (!uuid) refuse_unknown(id, dialect());
    if (!must_be_fresh) {
        if (const auto* managed = managed_by_id(*uuid); managed != nullptr) co_return *managed->pinned;
        if (const auto found = seen_.find(*uuid); found != seen_.end() && Clock::now() - found->second.at < place_is_good_for)
            co_return found->second.target;
    }
    seen_.erase(*uuid);
    auto target = co_await search_by_id(connection, *uuid);
    if (!target) refuse_unknown(id, dialect());
    remember(*target);
    co_return *target;
}

/// Looks at every listed DN that has no pin yet: at start, and for groups that came later.
asio::awaitable<void> Groups::pin_all(std::shared_ptr<Connection> connection) {
    std::vector<Search> searches;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < managed_.size(); ++i) {
        if (managed_[i].pinned) continue;
        searches.push_back(base_search(managed_[i].dn, dialect()));
        places.push_back(i);
    }
    const auto replies = co_await search_all(connection, std::move(searches));
    for (std::size_t i = 0; i < replies.size(); ++i)
        if (!replies[i].entries.empty() && !managed_[places[i]].pinned) managed_[places[i]].pinned = target_of(replies[i].entries.front(), dialect());
}

/// True when the group is on the list and is the one that was first seen there.
bool Groups::pin(Target target) {
    if (dialect().guard == WriteGuard::address && managed_by_id(target.id) != nullptr) return true;  // under whatever name by now
    auto* listed = managed_by_dn(target.dn);
    if (listed == nullptr) return false;
    if (listed->pinned && listed->pinned->id != target.id) {
        if (std::exchange(listed->turned_away, target.id) != target.id)
            sdk::log_line("not managed: " + target.dn + " is not the group it was; restart to accept the new one");
        return false;
    }
    listed->pinned = std::move(target);
    listed->pinned->dn = listed->dn;
    return true;
}

asio::awaitable<bool> Groups::is_in_place(std::shared_ptr<Connection> connection, Target target) const {
    auto what = whole_group(target, dialect());
    what.attributes.clear();
    const auto reply = co_await search(connection, std::move(what));
    co_return !reply.entries.empty();
}

asio::awaitable<Target> Groups::writable(std::shared_ptr<Connection> connection, std::string id) {
    const auto uuid = dialect().checked_id(id);
    if (!uuid) refuse_unknown(id, dialect());
    if (managed_by_id(*uuid) == nullptr) co_await pin_all(connection);
    if (const auto* managed = managed_by_id(*uuid); managed != nullptr) {
        const auto pinned = *managed->pinned;
        if (pinned.shape.attributes.empty()) throw PluginError(Reason::not_allowed, pinned.dn + " is none of " + dialect().kinds_of_groups());
        // The guard of a write tells only afterwards what was hit: so look before, too.
        if (dialect().guard == WriteGuard::post_read && !co_await is_in_place(connection, pinned)) co_await refuse_gone(connection, pinned);
        co_return pinned;
    }
    const auto target = co_await search_by_id(connection, *uuid);
    if (!target) refuse_unknown(id, dialect());
    throw PluginError(Reason::not_allowed, target->dn + (managed_by_dn(target->dn) == nullptr
                                               ? " is not in managed_groups; nothing was sent"
                                               : " is not managed: it is not the group that was first seen there. Nothing was sent; restart to accept the new one"));
}

asio::awaitable<void> Groups::refuse_gone(std::shared_ptr<Connection> connection, Target target) {
    const auto now = co_await search_by_id(connection, target.id);
    if (!now) refuse_unknown(target.id, dialect());
    if (dialect().guard == WriteGuard::address)
        throw PluginError(Reason::not_found, "the server says that something is not there, and the group " + now->dn + " is: so the person is not");
    throw PluginError(Reason::not_allowed, "the group that was " + target.dn + " is now " + now->dn +
                                               ", which is not in managed_groups; nothing was changed. Put the new name there, or rename it back");
}

asio::awaitable<boost::json::object> Groups::by_name(std::shared_ptr<Connection> connection, std::string name) {
    if (!Dn::parse(name)) throw PluginError(Reason::not_found, "a group is named by its DN, such as cn=admins,ou=groups,dc=example,dc=org");
    auto what = base_search(name, dialect());
    const auto reply = co_await search(connection, std::move(what));
    if (reply.entries.empty()) throw PluginError(Reason::not_found, "there is no " + name + ", or the broker's account may not read it");
    const auto target = target_of(reply.entries.front(), dialect());
    if (!target) throw PluginError(Reason::refused, name + " shows no " + std::string(dialect().id_attribute) + "; let the broker's account read it");
    if (target->shape.attributes.empty())
        throw PluginError(Reason::refused, name + " is none of " + dialect().kinds_of_groups());
    co_return co_await described(connection, *target);
}

asio::awaitable<boost::json::object> Groups::by_id(std::shared_ptr<Connection> connection, std::string id) {
    const auto target = co_await locate(connection, std::move(id), true);
    co_return co_await described(connection, target);
}

asio::awaitable<boost::json::object> Groups::described(std::shared_ptr<Connection> connection, Target target) {
    remember(target);
    const bool is_managed = pin(target);
    bool may_be_empty = !target.shape.needs_a_value;
    if (is_managed && !may_be_empty) may_be_empty = co_await has_placeholder(connection, target);
    co_return told(target, is_managed, may_be_empty);
}

/// A value that is no person's place keeps the group from losing its last member when people leave.
asio::awaitable<bool> Groups::has_placeholder(std::shared_ptr<Connection> connection, Target target) {
    auto what = whole_group(target, dialect());
    const auto reply = co_await search(connection, std::move(what));
    for (const auto& entry : reply.entries)
        for (const auto& attribute : target.shape.attributes) {
            if (holds_logins(attribute)) continue;
            for (const auto& value : entry.all(attribute))
                if (Dn::parse(value) && !people_.is_under_base(value)) co_return true;
        }
    co_return false;
}

}  // namespace stint::directory_ldap
