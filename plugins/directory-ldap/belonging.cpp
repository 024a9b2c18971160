// The groups a person is in: those that name them, those by way of another, those by way of a number.
#include "plugins/directory-ldap/groups.hpp"

#include "plugins/directory-ldap/reasons.hpp"
#include "plugins/sdk/plugin.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
using sdk::PluginError;

constexpr int max_levels = 32;
constexpr std::size_t max_groups_above = 5'000;

/// With the groups that it is a member of itself.
Search upward_search(const std::string& dn, const Dialect& dialect) {
    auto what = base_search(dn, dialect);
    what.attributes.emplace_back("memberOf");
    return what;
}

}  // namespace

/// Membership by way of something else: the primary group, the POSIX group number, what the server itself has put together.
std::vector<Search> Groups::searches_for_kin(const Person& person) const {
    std::vector<Search> out;
    if (!person.gid_number.empty())
        out.push_back(search_under_base(Filter::all_of({Filter::equal("objectClass", "posixGroup"), Filter::equal("gidNumber", person.gid_number)})));
    if (!person.primary_sid.empty()) {
        out.push_back(search_under_base(Filter::equal("objectSid", person.primary_sid)));
        out.back().attributes.emplace_back("memberOf");
        if (!people_.suffix().empty()) out.back().base = people_.suffix();
    }
    if (dialect().nesting == Nesting::member_of)
        for (const auto& text : person.member_of)
            if (is_under_key(text, base_key_)) out.push_back(base_search(text, dialect()));
    return out;
}

std::vector<Value> Groups::values_for_direct(const Person& person) const {
    std::vector<Value> out;
    std::set<std::string_view> attributes;
    for (const auto& one : dialect().group_classes) attributes.insert(one.attribute);
    for (const auto& name : attributes) {
        const std::string attribute(name);
        if (!holds_logins(attribute)) out.push_back({attribute, dialect().name_of(person.id, person.dn)});
        else for (const auto& login : person.logins) out.push_back({attribute, login});
    }
    return out;
}

/// By searching for them, where nothing else tells.
Search Groups::search_for_direct(const std::vector<Value>& values) const {
    std::vector<Filter> any;
    for (const auto& value : values) any.push_back(Filter::equal(value.attribute, value.text));
    return search_under_base(Filter::any_of(any));
}

/// One search for several persons, where the server can say which values it found (RFC 3876). A value that it took for one
/// of these and that is spelled as none of them may be anybody's: then nobody gets an answer, and each asks alone.
asio::awaitable<Groups::DirectLookups::Answers> Groups::direct_together(std::shared_ptr<Connection> connection,
                                                                        std::vector<std::vector<Value>> wanted) const {
    DirectLookups::Answers answers(wanted.size());
    if (wanted.size() == 1) {
        auto alone = search_for_direct(wanted.front());
        answers.front() = (co_await search(connection, std::move(alone))).entries;
        co_return answers;
    }
    std::map<Value, std::vector<std::size_t>> whose;
    std::set<Value> values;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        for (const auto& value : wanted[i]) {
            values.insert(value);
            whose[comparable(value)].push_back(i);
        }
    auto what = search_for_direct({values.begin(), values.end()});
    what.only_values.assign(values.begin(), values.end());
    what.and_all_of = what.attributes;
    const auto attributes = what.attributes;
    std::set<std::string> holding;
    for (const auto& value : values) holding.insert(value.attribute);
    what.attributes.insert(what.attributes.end(), holding.begin(), holding.end());
    Reply reply;
    try {
        reply = co_await search(connection, std::move(what));
    } catch (const PluginError&) {
        co_return answers;
    }
    std::vector<std::vector<Entry>> found(wanted.size());
    for (const auto& entry : reply.entries) {
        Entry group{.dn = entry.dn, .attributes = {}};
        for (const auto& name : attributes) group.attributes[folded(name)] = entry.all(name);
        std::set<std::size_t> in_it;
        for (const auto& attribute : holding)
            for (const auto& text : entry.all(attribute)) {
                const auto theirs = whose.find(comparable({attribute, text}));
                if (theirs == whose.end()) co_return DirectLookups::Answers(wanted.size());
                in_it.insert(theirs->second.begin(), theirs->second.end());
            }
        if (in_it.empty()) co_return DirectLookups::Answers(wanted.size());
        for (const auto i : in_it) found[i].push_back(group);
    }
    for (std::size_t i = 0; i < found.size(); ++i) answers[i] = std::move(found[i]);
    co_return answers;
}

asio::awaitable<std::vector<Entry>> Groups::direct_groups(std::shared_ptr<Connection> connection, Person person) {
    std::vector<Search> searches;
    std::optional<std::vector<Entry>> among_others;
    if (dialect().nesting == Nesting::upward) {
        for (const auto& dn : person.member_of) searches.push_back(upward_search(dn, dialect()));
    } else {
        auto values = values_for_direct(person);
        searches.push_back(search_for_direct(values));
        if (dialect().has_values_filter) among_others = co_await direct_.find(connection, std::move(values));
    }
    if (among_others) co_return std::move(*among_others);
    auto replies = co_await search_all(connection, std::move(searches));
    std::vector<Entry> all;
    for (auto& reply : replies) std::ranges::move(reply.entries, std::back_inserter(all));
    co_return all;
}

/// The groups that these are members of, and so on; each once, so that a circle ends.
asio::awaitable<std::vector<Entry>> Groups::groups_above(std::shared_ptr<Connection> connection, std::vector<Entry> groups) const {
    std::vector<Entry> above;
    std::set<std::string> seen;
    for (const auto& one : groups) seen.insert(dn_key(one.dn));
    for (int level = 0; level < max_levels && !groups.empty() && above.size() < max_groups_above; ++level) {
        std::vector<Search> searches;
        for (const auto& one : groups)
            for (const auto& dn : one.all("memberOf"))
                if (seen.insert(dn_key(dn)).second) searches.push_back(upward_search(dn, dialect()));
        groups.clear();
        auto replies = co_await search_all(connection, std::move(searches));
        for (auto& reply : replies) std::ranges::move(reply.entries, std::back_inserter(groups));
        above.insert(above.end(), groups.begin(), groups.end());
    }
    co_return above;
}

asio::awaitable<boost::json::array> Groups::of_person(std::shared_ptr<Connection> connection, Person person) {
    auto kin_searches = searches_for_kin(person);
    auto all = co_await direct_groups(connection, std::move(person));
    auto kin = co_await search_all(connection, std::move(kin_searches));
    const auto direct = all.size();
    for (auto& reply : kin) std::ranges::move(reply.entries, std::back_inserter(all));
    if (dialect().nesting == Nesting::upward) {
        auto above = co_await groups_above(connection, all);
        std::ranges::move(above, std::back_inserter(all));
    }
    boost::json::array out;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto id = dialect().id_of(all[i]);
        if (id.empty() || !is_under_key(all[i].dn, base_key_) || !seen.insert(id).second) continue;
        boost::json::object group{{"id", id}, {"name", all[i].dn}};
        if (i >= direct) group["indirect"] = true;
        out.push_back(std::move(group));
    }
    co_return out;
}

}  // namespace stint::directory_ldap
