// One row per method; each handler checks its parameters and says what it found. Waiting and failing are elsewhere.
#include "plugins/directory-ldap/directory.hpp"

#include "plugins/directory-ldap/kerberos.hpp"
#include "plugins/directory-ldap/reasons.hpp"
#include "plugins/sdk/settings.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;

constexpr std::int64_t default_page = 200, max_page = 500;
constexpr std::size_t max_text = 8192;
constexpr std::chrono::seconds patience_at_start{3};

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
    settings_ = read_settings(settings);
    prepare_kerberos(settings_);
    dialer_ = std::make_shared<Dialer>(executor_, settings_);
    work_ = std::make_shared<Lane>(executor_, dialer_, "reads and additions");
    removals_ = std::make_shared<Lane>(executor_, dialer_, "removals");
    work_->start();
    removals_->start();
    return {.name = "directory-ldap", .version = STINT_VERSION, .kind = "directory", .capabilities = {}};
}

std::optional<asio::awaitable<std::vector<std::string>>> LdapDirectory::look_around() { return capabilities(); }

/// As the first server tells them; when none does in time, as the settings name the directory.
asio::awaitable<std::vector<std::string>> LdapDirectory::capabilities() {
    co_await work_->first_attempt(patience_at_start);
    const auto* dialect = dialer_->recognised() ? dialer_->recognised()->dialect : find_dialect(settings_.flavour);
    std::vector<std::string> out;
    if (dialect == nullptr) co_return out;
    for (const auto& word : dialect->capabilities) out.emplace_back(word);
    out.emplace_back(dialect->flavour);
    co_return out;
}

LdapDirectory::Parts& LdapDirectory::parts() {
    if (!parts_) parts_.emplace(settings_, dialer_->recognised().value());
    return *parts_;
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
    const auto latest = std::chrono::steady_clock::now() + settings_.operation_timeout;
    std::string lost;
    std::set<std::string> refusing;
    for (int losses = 0; losses < 2;) {
        const auto connection = co_await lane->connection();
        // The broker has given up by then, or soon will, and takes it after a while that nothing comes any more.
        if (std::chrono::steady_clock::now() > latest) throw PluginError(Reason::unreachable, "the directory was not to be had in time; nothing was sent");
        std::shared_ptr<const TakesNoWrites> refused;
        try {
            auto handler = (this->*found->handler)(connection, params);
            co_return co_await std::move(handler);
        } catch (const ConnectionLost& error) {
            lost = connection->server() + ": " + error.what();
            if (error.was_late()) break;
            ++losses;
        } catch (const TakesNoWrites& error) {
            refused = std::make_shared<const TakesNoWrites>(error);
        }
        if (!refused) continue;
        // Nothing was changed there, for certain: the one write of all that may be sent again, to each server once.
        const bool is_first = refusing.insert(connection->server()).second;
        if (!dialer_->pass_over(connection->server())) throw *refused;
        connection->retire("it takes no writes");
        if (!is_first) throw *refused;
    }
    throw PluginError(Reason::unreachable, "the directory did not answer: " + lost);
}

asio::awaitable<json::object> LdapDirectory::person(std::shared_ptr<Connection> connection, json::object params) {
    auto& people = parts().people;
    std::optional<Person> found;
    const bool is_by_id = params.contains("id");
    auto key = text(params, is_by_id ? "id" : "login");
    if (is_by_id) {
        found = co_await people.by_id(connection, std::move(key));
        if (!found) throw PluginError(Reason::not_found, "nobody under " + people.settings().base + " has this " + std::string(people.dialect().id_attribute));
    } else {
        found = co_await people.by_login(connection, std::move(key));
    }
    parts().membership.met(*found);
    const bool is_disabled = co_await people.is_disabled(connection, found->id);
    found->is_enabled = !is_disabled;
    auto groups = co_await parts().groups.of_person(connection, *found);
    co_return told(*found, std::move(groups));
}

asio::awaitable<json::object> LdapDirectory::group(std::shared_ptr<Connection> connection, json::object params) {
    const bool is_by_id = params.contains("id");
    auto key = text(params, is_by_id ? "id" : "name");
    json::object found;
    if (is_by_id) found = co_await parts().groups.by_id(connection, std::move(key));
    else found = co_await parts().groups.by_name(connection, std::move(key));
    json::object out;
    out["group"] = std::move(found);
    co_return out;
}

asio::awaitable<json::object> LdapDirectory::members(std::shared_ptr<Connection> connection, json::object params) {
    const auto limit = page_size(params);
    const auto cursor = sdk::text_or(params, "cursor", "", 2 * max_text);
    auto id = text(params, "group");
    const auto target = co_await parts().groups.locate(connection, std::move(id), true);
    std::map<std::string, Value> all;
    try {
        const auto whole = co_await read_whole(connection, target, &parts().people.dialect());
        all = in_order(whole, target.shape);
    } catch (const EntryGone&) {
        throw PluginError(Reason::not_found, "the group is not there any more");
    }
    std::vector<std::string> dns, logins;
    auto next = all.upper_bound(cursor);
    std::string last;
    for (std::size_t i = 0; i < limit && next != all.end(); ++i, ++next) {
        (holds_logins(next->second.attribute) ? logins : dns).push_back(next->second.text);
        last = next->first;
    }
    const auto people = co_await parts().people.behind(connection, std::move(dns), std::move(logins));
    json::array out;
    for (const auto& one : people) out.push_back(to_json(one));
    json::object answer;
    answer["members"] = std::move(out);
    if (next != all.end()) answer["cursor"] = last;
    co_return answer;
}

asio::awaitable<json::object> LdapDirectory::read_back(std::shared_ptr<Connection> connection, json::object params) {
    return parts().membership.read_back(std::move(connection), text(params, "group"), text(params, "person"), hint_in(params));
}

asio::awaitable<json::object> LdapDirectory::add(std::shared_ptr<Connection> connection, json::object params) {
    return parts().membership.add(std::move(connection), text(params, "group"), text(params, "person"),
                                  std::chrono::steady_clock::now() + settings_.operation_timeout);
}

asio::awaitable<json::object> LdapDirectory::remove(std::shared_ptr<Connection> connection, json::object params) {
    return parts().membership.remove(std::move(connection), text(params, "group"), text(params, "person"), hint_in(params));
}

}  // namespace stint::directory_ldap
