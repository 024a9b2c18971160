// Searches for persons. A login is a key for looking up, never an identity.
#include "plugins/directory-ldap/people.hpp"

#include "plugins/directory-ldap/reasons.hpp"
#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/stderr_log.hpp"
#include "plugins/sdk/utf8.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
using sdk::PluginError;
using sdk::Reason;

constexpr std::size_t people_at_once = 50;  ///< in one filter
constexpr std::size_t max_name = 1024, max_mail = 512, max_login = 256;  ///< bytes

/// What the protocol's other side takes: one value that it does not must not void a whole answer.
bool is_tellable(const std::string& text, std::size_t limit) { return text.size() <= limit && sdk::is_utf8(text); }

/// The one that stands in the entry's name, if one does: it stays the same while aliases come and go. "": none can be told.
std::string main_login(const std::vector<std::string>& logins, const std::string& dn, const std::string& attribute) {
    std::string named;
    if (logins.size() > 1)
        if (const auto parsed = Dn::parse(dn)) named = folded(parsed->rdn_value(attribute));
    std::string first;
    for (const auto& login : logins) {
        if (login.empty() || !is_tellable(login, max_login)) continue;
        if (folded(login) == named) return login;
        if (first.empty()) first = login;
    }
    return first;
}

/// Here and on the server alike, two such texts are one when they differ in case alone.
bool is_plain(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

Search existence_search(const std::string& dn) {
    return {.base = dn, .scope = Scope::base, .filter = Filter::present("objectClass").text(), .attributes = {}};
}

}  // namespace

People::People(PeopleSettings settings, Recognised recognised)
    : settings_(std::move(settings)), recognised_(std::move(recognised)), base_key_(dn_key(settings_.base)),
      ids_(people_at_once, [this](std::shared_ptr<Connection> connection, std::vector<std::string> ids) { return by_ids(std::move(connection), std::move(ids)); }),
      logins_(people_at_once, [this](std::shared_ptr<Connection> connection, std::vector<std::string> logins) { return by_logins(std::move(connection), std::move(logins)); }),
      disabled_(people_at_once, [this](std::shared_ptr<Connection> connection, std::vector<std::string> ids) { return are_disabled(std::move(connection), std::move(ids)); }) {
    if (settings_.login.empty()) settings_.login = dialect().login_attribute;
    attributes_ = {std::string(dialect().id_attribute), settings_.login, settings_.name, settings_.mail, settings_.manager};
    for (const auto& name : dialect().kinship_attributes) attributes_.emplace_back(name);
}

Search People::search_for(const std::string& base, Scope scope, const Filter& filter) const {
    std::vector<Filter> all{Filter::present(settings_.login), filter};
    if (!dialect().person_filter.empty()) all.push_back(Filter::from_settings(dialect().person_filter));
    return {.base = base, .scope = scope, .filter = Filter::all_of(all).text(), .attributes = attributes_,
            .size_limit = scope == Scope::subtree ? 2 : 0, .control = dialect().search_control};
}

Search People::disabled_search(const std::vector<std::string>& ids) const {
    std::vector<Filter> any;
    for (const auto& id : ids) any.push_back(dialect().id_filter(id));
    const auto disabled = settings_.disabled_filter ? *settings_.disabled_filter
                                                    : dialect().disabled(std::chrono::system_clock::now(), recognised_.suffix);
    return {.base = settings_.base, .scope = Scope::subtree, .filter = Filter::all_of({Filter::any_of(any), disabled}).text(),
            .attributes = {std::string(dialect().id_attribute)}, .control = dialect().search_control};
}

std::optional<Person> People::person_of(const Entry& entry) const {
    const auto id = dialect().id_of(entry);
    const auto& logins = entry.all(settings_.login);
    if (id.empty() || logins.empty()) return std::nullopt;
    const auto login = main_login(logins, entry.dn, settings_.login);
    if (login.empty()) {
        sdk::log_line("left out, for the broker takes no such login: " + entry.dn + "; give them one of at most " + std::to_string(max_login) + " bytes");
        return std::nullopt;
    }
    Person person{.id = id, .dn = entry.dn, .login = login, .name = entry.first(settings_.name),
                  .mail = entry.first(settings_.mail), .manager = entry.first(settings_.manager), .logins = logins};
    if (person.name.empty() || !is_tellable(person.name, max_name)) person.name = person.login;
    if (!is_tellable(person.mail, max_mail)) person.mail.clear();
    // A manager is a DN in most schemas; the login is what people read, and it often stands in the DN.
    if (const auto manager = Dn::parse(person.manager); manager && !manager->rdn_value(settings_.login).empty())
        person.manager = manager->rdn_value(settings_.login);
    if (!is_tellable(person.manager, max_login)) person.manager.clear();
    person.primary_sid = primary_group_sid(entry.first("objectSid"), entry.first("primaryGroupID")).value_or("");
    person.gid_number = entry.first("gidNumber");
    person.member_of = entry.all("memberOf");
    return person;
}

asio::awaitable<Person> People::by_login(std::shared_ptr<Connection> connection, std::string login) {
    std::optional<Person> among_others;
    if (is_plain(login)) among_others = co_await logins_.find(connection, login);
    if (among_others) co_return std::move(*among_others);
    co_return co_await by_login_alone(std::move(connection), std::move(login));
}

asio::awaitable<Person> People::by_login_alone(std::shared_ptr<Connection> connection, std::string login) const {
    auto what = search_for(settings_.base, Scope::subtree, Filter::equal(settings_.login, login));
    const auto reply = co_await search(connection, std::move(what));
    if (reply.entries.size() > 1)
        throw PluginError(Reason::refused, "several persons under " + settings_.base + " have this login; a login must be one person's");
    if (reply.entries.empty()) throw PluginError(Reason::not_found, "nobody under " + settings_.base + " has this login");
    auto person = person_of(reply.entries.front());
    if (!person && !dialect().id_of(reply.entries.front()).empty())
        throw PluginError(Reason::refused, reply.entries.front().dn + " has no login of at most " + std::to_string(max_login) + " bytes, and the broker takes no other");
    if (!person) throw PluginError(Reason::refused, reply.entries.front().dn + " shows no " + std::string(dialect().id_attribute) + "; let the broker's account read it");
    // The server's matching is blind to case and blanks (RFC 4517, caseIgnoreMatch); accounts on a host are not: "Ada" there
    // is somebody else than "ada".
    if (std::ranges::find(person->logins, login) == person->logins.end())
        throw PluginError(Reason::not_found, "nobody under " + settings_.base + " has this login, letter for letter");
    co_return *person;
}

asio::awaitable<std::optional<Person>> People::by_id(std::shared_ptr<Connection> connection, std::string id) {
    auto checked = dialect().checked_id(id);
    if (!checked) co_return std::nullopt;
    co_return co_await ids_.find(std::move(connection), std::move(*checked));
}

asio::awaitable<People::PersonLookups::Answers> People::by_ids(std::shared_ptr<Connection> connection, std::vector<std::string> ids) const {
    std::vector<Filter> any;
    for (const auto& id : std::set<std::string>(ids.begin(), ids.end())) any.push_back(dialect().id_filter(id));
    auto what = search_for(settings_.base, Scope::subtree, Filter::any_of(any));
    what.size_limit = 0;
    const auto reply = co_await search(connection, std::move(what));
    PersonLookups::Answers answers(ids.size());
    for (const auto& entry : reply.entries) {
        const auto person = person_of(entry);
        for (std::size_t i = 0; person && i < ids.size(); ++i)
            if (ids[i] == person->id) answers[i] = *person;
    }
    co_return answers;
}

/// Tells of those alone whose login leads to one entry and has it letter for letter; whoever gets no answer asks alone, and
/// is told what is the matter. Where the server may see likenesses between logins that we do not, nobody gets one.
asio::awaitable<People::PersonLookups::Answers> People::by_logins(std::shared_ptr<Connection> connection, std::vector<std::string> logins) const {
    PersonLookups::Answers answers(logins.size());
    if (logins.size() == 1) {
        answers.front() = co_await by_login_alone(std::move(connection), std::move(logins.front()));
        co_return answers;
    }
    std::map<std::string, std::vector<const Entry*>> alike;
    for (const auto& login : logins) alike.try_emplace(folded(login));
    std::vector<Filter> any;
    for (const auto& [login, nobody] : alike) any.push_back(Filter::equal(settings_.login, login));
    auto what = search_for(settings_.base, Scope::subtree, Filter::any_of(any));
    what.size_limit = 0;
    Reply reply;
    try {
        reply = co_await search(connection, std::move(what));
    } catch (const PluginError&) {
        co_return answers;
    }
    for (const auto& entry : reply.entries) {
        std::set<std::string> theirs;
        for (const auto& value : entry.all(settings_.login)) {
            if (!is_plain(value)) co_return PersonLookups::Answers(logins.size());
            theirs.insert(folded(value));
        }
        bool is_asked_for = false;
        for (const auto& login : theirs) {
            const auto found = alike.find(login);
            if (found == alike.end()) continue;
            found->second.push_back(&entry);
            is_asked_for = true;
        }
        if (!is_asked_for) co_return PersonLookups::Answers(logins.size());
    }
    for (std::size_t i = 0; i < logins.size(); ++i) {
        const auto& entries = alike.at(folded(logins[i]));
        if (entries.size() != 1) continue;
        auto person = person_of(*entries.front());
        if (person && std::ranges::find(person->logins, logins[i]) != person->logins.end()) answers[i] = std::move(person);
    }
    co_return answers;
}

asio::awaitable<People::DisabledLookups::Answers> People::are_disabled(std::shared_ptr<Connection> connection, std::vector<std::string> ids) const {
    auto what = disabled_search(ids);
    const auto reply = co_await search(connection, std::move(what));
    std::set<std::string> disabled;
    for (const auto& entry : reply.entries) {
        auto id = dialect().id_of(entry);
        if (std::ranges::find(ids, id) == ids.end())
            throw PluginError(Reason::unreachable, "who is disabled cannot be told: " + entry.dn + " does not show its " + std::string(dialect().id_attribute));
        disabled.insert(std::move(id));
    }
    DisabledLookups::Answers answers;
    for (const auto& id : ids) answers.emplace_back(disabled.contains(id));
    co_return answers;
}

asio::awaitable<bool> People::is_disabled(std::shared_ptr<Connection> connection, std::string id) {
    const auto answer = co_await disabled_.find(std::move(connection), std::move(id));
    co_return answer.value();
}

asio::awaitable<std::optional<Person>> People::anywhere_by_id(std::shared_ptr<Connection> connection, std::string id) const {
    const auto checked = dialect().checked_id(id);
    if (!checked) co_return std::nullopt;
    Search what{.base = recognised_.suffix.empty() ? settings_.base : recognised_.suffix, .scope = Scope::subtree,
                .filter = dialect().id_filter(*checked).text(), .attributes = attributes_, .size_limit = 2, .control = dialect().search_control};
    const auto reply = co_await search(connection, std::move(what));
    if (!reply.entries.empty()) {
        const Entry& entry = reply.entries.front();
        co_return Person{.id = *checked, .dn = entry.dn, .login = entry.first(settings_.login), .name = entry.first(settings_.name), .mail = "",
                         .manager = "", .logins = entry.all(settings_.login)};
    }
    auto base = existence_search(settings_.base);
    const auto seen = co_await search(connection, std::move(base));
    if (seen.entries.empty())
        throw PluginError(Reason::unreachable, settings_.base + " cannot be seen on " + connection->server() +
                                                   ", so whether somebody under it is a member cannot be told; let the broker's account read it");
    co_return std::nullopt;
}

asio::awaitable<std::vector<Person>> People::behind(std::shared_ptr<Connection> connection, std::vector<std::string> dns,
                                                    std::vector<std::string> logins) const {
    std::vector<Search> searches;
    for (const auto& text : dns)
        if (is_under_base(text))
            searches.push_back(search_for(text, Scope::base, Filter::present(dialect().id_attribute)));
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
    for (std::size_t first = 0; first < people.size(); first += people_at_once) {
        std::vector<std::string> ids;
        for (std::size_t i = first; i < std::min(people.size(), first + people_at_once); ++i) ids.push_back(people[i].id);
        searches.push_back(disabled_search(ids));
    }
    std::set<std::string> disabled;
    const auto replies = co_await search_all(connection, std::move(searches));
    for (const auto& reply : replies)
        for (const auto& entry : reply.entries) disabled.insert(dialect().id_of(entry));
    for (auto& person : people) person.is_enabled = !disabled.contains(person.id);
    co_return people;
}

asio::awaitable<bool> People::is_nobody(std::shared_ptr<Connection> connection, std::string dn) const {
    auto what = existence_search(dn);
    const auto reply = co_await search(connection, std::move(what));
    co_return reply.entries.empty();
}

asio::awaitable<bool> People::is_at(std::shared_ptr<Connection> connection, std::string dn, std::string id) const {
    Search what{.base = dn, .scope = Scope::base, .filter = dialect().id_filter(id).text(), .attributes = {}};
    const auto reply = co_await search(connection, std::move(what));
    co_return !reply.entries.empty();
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
