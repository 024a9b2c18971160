// One row per method; each handler checks its parameters and says what it found. Waiting and failing are elsewhere.
#include "plugins/directory-ldap/directory.hpp"

#include "plugins/directory-ldap/reasons.hpp"
#include "plugins/sdk/settings.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;

constexpr std::int64_t default_page = 200, max_page = 500;
constexpr std::size_t max_text = 8192;

std::string text(const json::object& params, std::string_view key) { return sdk::required_text(params, key, max_text); }

json::object told(const Person& person, json::array groups) {
    auto out = to_json(person);
    out["manager"] = person.manager;
    out["groups"] = std::move(groups);
    return {{"person", std::move(out)}};
}

PersonHint hint_in(const json::object& params) {
    const auto* hint = params.if_contains("person_hint");
    if (hint == nullptr || hint->is_null()) return {};
    if (!hint->is_object()) throw PluginError(Reason::invalid_params, "person_hint must be an object");
    return {.login = sdk::text_or(hint->as_object(), "login", "", max_text), .name = sdk::text_or(hint->as_object(), "name", "", max_text)};
}

std::size_t page_size(const json::object& params) {
    const auto* limit = params.if_contains("limit");
    if (limit == nullptr || limit->is_null()) return default_page;
    if (!limit->is_int64() || limit->as_int64() < 1 || limit->as_int64() > max_page)
        throw PluginError(Reason::invalid_params, "limit must be a number from 1 to 500");
    return static_cast<std::size_t>(limit->as_int64());
}

/// All values of a group in an order that does not depend on the server, so that a cursor stays good while the
/// group changes: the cursor is the last value that was told.
std::map<std::string, Value> in_order(const Entry& entry, const Shape& shape) {
    std::map<std::string, Value> out;
    for (const auto& attribute : shape.attributes)
        for (const auto& value : entry.all(attribute)) {
            const bool is_login = holds_logins(attribute);
            out.emplace((is_login ? "login " : "dn ") + (is_login ? value : dn_key(value)), Value{attribute, value});
        }
    return out;
}

}  // namespace

const LdapDirectory::Method LdapDirectory::methods[] = {
    {"person", &LdapDirectory::person, false},       {"group", &LdapDirectory::group, false},
    {"members", &LdapDirectory::members, false},     {"read_back", &LdapDirectory::read_back, false},
    {"add", &LdapDirectory::add, false},             {"remove", &LdapDirectory::remove, true},
};

sdk::Identity LdapDirectory::initialize(const json::object& settings, sdk::Notify) {
    auto read = read_settings(settings);
    people_.emplace(read.people);
    groups_.emplace(read.groups_base, read.managed_groups, *people_);
    membership_.emplace(*groups_, *people_);
    dialer_ = std::make_shared<Dialer>(executor_, std::move(read));
    work_ = std::make_shared<Lane>(executor_, dialer_, "reads and additions");
    removals_ = std::make_shared<Lane>(executor_, dialer_, "removals");
    work_->start();
    removals_->start();
    return {.name = "directory-ldap", .version = STINT_VERSION, .kind = "directory", .capabilities = {"assertion"}};
}

void LdapDirectory::shutdown() noexcept {
    for (const auto& lane : {work_, removals_})
        if (lane) lane->stop();
    if (dialer_) dialer_->stop();
}

asio::awaitable<json::object> LdapDirectory::call(std::string_view method, json::object params) {
    const auto found = std::ranges::find(methods, method, &Method::name);
    if (found == std::end(methods)) throw PluginError(Reason::unknown_method, "directory-ldap knows no method " + std::string(method));
    const auto lane = found->is_removal ? removals_ : work_;
    std::string lost;
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto connection = co_await lane->connection();
        try {
            auto handler = (this->*found->handler)(connection, params);
            co_return co_await std::move(handler);
        } catch (const ConnectionLost& error) {
            lost = connection->server() + ": " + error.what();
            if (error.was_late()) break;
        }
    }
    throw PluginError(Reason::unreachable, "the directory did not answer: " + lost);
}

asio::awaitable<json::object> LdapDirectory::person(std::shared_ptr<Connection> connection, json::object params) {
    std::optional<Person> found;
    const bool is_by_id = params.contains("id");
    auto key = text(params, is_by_id ? "id" : "login");
    if (is_by_id) {
        found = co_await people_->by_id(connection, std::move(key));
        if (!found) throw PluginError(Reason::not_found, "nobody under " + people_->settings().base + " has this entryUUID");
    } else {
        found = co_await people_->by_login(connection, std::move(key));
    }
    membership_->met(*found);
    std::vector<Search> searches;
    searches.push_back(people_->disabled_search(found->dn));
    searches.push_back(groups_->search_for_groups_of(*found));
    const auto replies = co_await search_all(connection, std::move(searches));
    found->is_enabled = replies[0].entries.empty();
    co_return told(*found, Groups::groups_in(replies[1]));
}

asio::awaitable<json::object> LdapDirectory::group(std::shared_ptr<Connection> connection, json::object params) {
    const bool is_by_id = params.contains("id");
    auto key = text(params, is_by_id ? "id" : "name");
    json::object found;
    if (is_by_id) found = co_await groups_->by_id(connection, std::move(key));
    else found = co_await groups_->by_name(connection, std::move(key));
    json::object out;
    out["group"] = std::move(found);
    co_return out;
}

asio::awaitable<json::object> LdapDirectory::members(std::shared_ptr<Connection> connection, json::object params) {
    const auto limit = page_size(params);
    const auto cursor = sdk::text_or(params, "cursor", "", 2 * max_text);
    auto id = text(params, "group");
    const auto target = co_await groups_->locate(connection, std::move(id), true);
    auto what = whole_group(target);
    const auto reply = co_await search(connection, std::move(what));
    if (reply.entries.empty()) throw PluginError(Reason::not_found, "the group is not there any more");
    const auto all = in_order(reply.entries.front(), target.shape);
    std::vector<std::string> dns, logins;
    auto next = all.upper_bound(cursor);
    std::string last;
    for (std::size_t i = 0; i < limit && next != all.end(); ++i, ++next) {
        (holds_logins(next->second.attribute) ? logins : dns).push_back(next->second.text);
        last = next->first;
    }
    const auto people = co_await people_->behind(connection, std::move(dns), std::move(logins));
    json::array out;
    for (const auto& one : people) out.push_back(to_json(one));
    json::object answer;
    answer["members"] = std::move(out);
    if (next != all.end()) answer["cursor"] = last;
    co_return answer;
}

asio::awaitable<json::object> LdapDirectory::read_back(std::shared_ptr<Connection> connection, json::object params) {
    return membership_->read_back(std::move(connection), text(params, "group"), text(params, "person"));
}

asio::awaitable<json::object> LdapDirectory::add(std::shared_ptr<Connection> connection, json::object params) {
    return membership_->add(std::move(connection), text(params, "group"), text(params, "person"));
}

asio::awaitable<json::object> LdapDirectory::remove(std::shared_ptr<Connection> connection, json::object params) {
    return membership_->remove(std::move(connection), text(params, "group"), text(params, "person"), hint_in(params));
}

}  // namespace stint::directory_ldap
