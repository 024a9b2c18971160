// Searches for persons. A login is a key for looking up, never an identity.
#include "plugins/directory-ldap/people.hpp"

#include "plugins/directory-ldap/reasons.hpp"
#include "plugins/sdk/plugin.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
using sdk::PluginError;
using sdk::Reason;

/// The one that stands in the entry's name, if one does: it stays the same while aliases come and go.
std::string main_login(const std::vector<std::string>& logins, const std::string& dn, const std::string& attribute) {
    const auto parsed = Dn::parse(dn);
    const auto named = parsed ? folded(parsed->rdn_value(attribute)) : "";
    const auto found = std::ranges::find_if(logins, [&](const std::string& login) { return folded(login) == named; });
    return found == logins.end() ? logins.front() : *found;
}

Search existence_search(const std::string& dn) {
    return {.base = dn, .scope = Scope::base, .filter = Filter::present("objectClass").text(), .attributes = {}};
}

}  // namespace

People::People(const PeopleSettings& settings)
    : settings_(settings), base_(*Dn::parse(settings.base)), lookups_([this](std::shared_ptr<Connection> connection, std::vector<std::string> ids) {
          return by_ids(std::move(connection), std::move(ids));
      }) {}

std::optional<std::string> checked_uuid(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_hyphen_place = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i] >= 'A' && text[i] <= 'F' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
        const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (is_hyphen_place ? c != '-' : !is_hex) return std::nullopt;
        out += c;
    }
    return out;
}

Search People::search_for(const std::string& base, Scope scope, const Filter& filter) const {
    return {.base = base, .scope = scope, .filter = Filter::all_of({Filter::present(settings_.login), filter}).text(),
            .attributes = {"entryUUID", settings_.login, settings_.name, settings_.mail, settings_.manager},
            .size_limit = scope == Scope::subtree ? 2 : 0};
}

Search People::disabled_search(const std::string& dn) const {
    return {.base = dn, .scope = Scope::base, .filter = settings_.disabled_filter->text(), .attributes = {}};
}

std::optional<Person> People::person_of(const Entry& entry) const {
    const auto id = checked_uuid(entry.first("entryUUID"));
    const auto& logins = entry.all(settings_.login);
    if (!id || logins.empty()) return std::nullopt;
    Person person{.id = *id, .dn = entry.dn, .login = main_login(logins, entry.dn, settings_.login), .name = entry.first(settings_.name),
                  .mail = entry.first(settings_.mail), .manager = entry.first(settings_.manager), .logins = logins};
    if (person.name.empty()) person.name = person.login;
    // A manager is a DN in most schemas; the login is what people read, and it often stands in the DN.
    if (const auto manager = Dn::parse(person.manager); manager && !manager->rdn_value(settings_.login).empty())
        person.manager = manager->rdn_value(settings_.login);
    return person;
}

asio::awaitable<Person> People::by_login(std::shared_ptr<Connection> connection, std::string login) const {
    auto what = search_for(settings_.base, Scope::subtree, Filter::equal(settings_.login, login));
    const auto reply = co_await search(connection, std::move(what));
    if (reply.entries.size() > 1)
        throw PluginError(Reason::refused, "several persons under " + settings_.base + " have this login; a login must be one person's");
    if (reply.entries.empty()) throw PluginError(Reason::not_found, "nobody under " + settings_.base + " has this login");
    auto person = person_of(reply.entries.front());
    if (!person) throw PluginError(Reason::refused, reply.entries.front().dn + " shows no entryUUID; let the broker's account read it");
    co_return *person;
}

asio::awaitable<std::optional<Person>> People::by_id(std::shared_ptr<Connection> connection, std::string id) {
    auto uuid = checked_uuid(id);
    if (!uuid) co_return std::nullopt;
    co_return co_await lookups_.find(std::move(connection), std::move(*uuid));
}

asio::awaitable<Lookups::Found> People::by_ids(std::shared_ptr<Connection> connection, std::vector<std::string> ids) const {
    std::vector<Filter> any;
    for (const auto& id : ids) any.push_back(Filter::equal("entryUUID", id));
    auto what = search_for(settings_.base, Scope::subtree, any.size() == 1 ? any.front() : Filter::any_of(any));
    what.size_limit = 0;
    const auto reply = co_await search(connection, std::move(what));
    Lookups::Found found;
    for (const auto& entry : reply.entries)
        if (auto person = person_of(entry)) found.emplace(person->id, std::move(*person));
    co_return found;
}

asio::awaitable<std::vector<Person>> People::behind(std::shared_ptr<Connection> connection, std::vector<std::string> dns,
                                                    std::vector<std::string> logins) const {
    std::vector<Search> searches;
    for (const auto& text : dns)
        if (const auto dn = Dn::parse(text); dn && is_under_base(*dn))
            searches.push_back(search_for(text, Scope::base, Filter::present("entryUUID")));
    for (const auto& login : logins) searches.push_back(search_for(settings_.base, Scope::subtree, Filter::equal(settings_.login, login)));
    const auto replies = co_await search_all(connection, std::move(searches));
    std::vector<Person> people;
    std::set<std::string> seen;
    for (const auto& reply : replies) {
        if (reply.entries.size() != 1) continue;  // nobody, or a login that several have
        auto person = person_of(reply.entries.front());
        if (person && seen.insert(person->id).second) people.push_back(std::move(*person));
    }
    co_return co_await with_enabled(connection, std::move(people));
}

asio::awaitable<std::vector<Person>> People::with_enabled(std::shared_ptr<Connection> connection, std::vector<Person> people) const {
    std::vector<Search> searches;
    for (const auto& person : people) searches.push_back(disabled_search(person.dn));
    const auto replies = co_await search_all(connection, std::move(searches));
    for (std::size_t i = 0; i < people.size(); ++i) people[i].is_enabled = replies[i].entries.empty();
    co_return people;
}

asio::awaitable<bool> People::is_nobody(std::shared_ptr<Connection> connection, std::string dn) const {
    auto what = existence_search(dn);
    const auto reply = co_await search(connection, std::move(what));
    co_return reply.entries.empty();
}

asio::awaitable<bool> People::is_nobodys_login(std::shared_ptr<Connection> connection, std::string login) const {
    auto what = search_for(settings_.base, Scope::subtree, Filter::equal(settings_.login, login));
    const auto reply = co_await search(connection, std::move(what));
    co_return reply.entries.empty();
}

boost::json::object to_json(const Person& person) {
    return {{"id", person.id}, {"login", person.login}, {"name", person.name}, {"mail", person.mail}, {"enabled", person.is_enabled}};
}

}  // namespace stint::directory_ldap
