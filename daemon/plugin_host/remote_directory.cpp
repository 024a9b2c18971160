// The directory's verbs as calls of the protocol; see the header. `this` is not touched after a call was made: the
// object may be gone when the answer comes.
#include "plugin_host/remote_directory.hpp"

#include "log/log.hpp"
#include "plugin_host/decode.hpp"
#include "plugin_host/plugin_process.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace stint {
namespace asio = boost::asio;
namespace json = boost::json;
using plugin_host::Impact;

namespace {

constexpr std::size_t max_login_bytes = 256, max_group_name_bytes = 4096;

// What no directory can know is not asked: a control character or a NUL in a name is an attack or a mistake.
bool may_be_a_name(std::string_view text, std::size_t limit) {
    return !text.empty() && text.size() <= limit &&
           std::none_of(text.begin(), text.end(), [](char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F; });
}

[[noreturn]] void nonsense(const std::string& method, const std::string& what) {
    throw Fault(FaultKind::broken, "the directory's answer to `" + method + "` is nonsense: " + what);
}

// Puts the method's name before what the decoder found wrong.
template <class Decode>
auto decoded(const std::string& method, Decode decode, const json::object& result) {
    try {
        return decode(result);
    } catch (const Fault& fault) {
        nonsense(method, fault.what());
    }
}

/// The hint is for what was written under a name that the person no longer has.
json::object of_membership(const GroupId& group, const PersonRef& person) {
    json::object params, hint;
    hint["login"] = person.login.value;
    hint["name"] = person.name;
    params["group"] = group.value;
    params["person"] = person.id.value;
    params["person_hint"] = std::move(hint);
    return params;
}

}  // namespace

RemoteDirectory::RemoteDirectory(std::shared_ptr<PluginProcess> plugin) : plugin_(std::move(plugin)) {}

asio::awaitable<Person> RemoteDirectory::person_by_login(Login login) {
    if (!may_be_a_name(login.value, max_login_bytes)) throw Fault(FaultKind::not_found, "nobody can have this login");
    const std::string method = "person";
    json::object params;
    params["login"] = login.value;
    std::string called = method;
    const json::object result = co_await plugin_->call(std::move(called), std::move(params), Impact::read);
    co_return decoded(method, plugin_host::person_from, result);
}

asio::awaitable<Person> RemoteDirectory::person_by_id(PersonId id) {
    const std::string method = "person";
    json::object params;
    params["id"] = id.value;
    std::string called = method;
    const json::object result = co_await plugin_->call(std::move(called), std::move(params), Impact::read);
    Person person = decoded(method, plugin_host::person_from, result);
    if (person.ref.id != id) nonsense(method, "it is another person");
    co_return person;
}

asio::awaitable<Group> RemoteDirectory::group(GroupName name) {
    if (!may_be_a_name(name.value, max_group_name_bytes)) throw Fault(FaultKind::not_found, "no group can have this name");
    const std::string method = "group";
    json::object params;
    params["name"] = name.value;
    std::string called = method;
    const json::object result = co_await plugin_->call(std::move(called), std::move(params), Impact::read);
    co_return decoded(method, plugin_host::group_from, result);
}

asio::awaitable<MembersPage> RemoteDirectory::members(GroupId group, std::optional<std::string> cursor) {
    const std::string method = "members";
    json::object params;
    params["group"] = group.value;
    params["limit"] = plugin_host::members_page;
    if (cursor) params["cursor"] = *cursor;
    std::string called = method;
    const json::object result = co_await plugin_->call(std::move(called), std::move(params), Impact::read);
    MembersPage page = decoded(method, plugin_host::members_from, result);
    if (page.cursor && page.cursor == cursor) nonsense(method, "its next page is the same page");
    co_return page;
}

asio::awaitable<ReadBack> RemoteDirectory::read_back(GroupId group, PersonRef person) {
    const std::string method = "read_back";
    auto params = of_membership(group, person);
    std::string called = method;
    const json::object result = co_await plugin_->call(std::move(called), std::move(params), Impact::read);
    co_return decoded(method, plugin_host::read_back_from, result);
}

asio::awaitable<WriteAnswer> RemoteDirectory::add(GroupId group, PersonRef person, Seconds life) {
    const std::string method = "add";
    json::object params;
    params["group"] = group.value;
    params["person"] = person.id.value;
    params["ttl_s"] = life.count();
    std::string called = method;
    const json::object result = co_await plugin_->call(std::move(called), std::move(params), Impact::write);
    co_return decoded(method, plugin_host::added_from, result);
}

asio::awaitable<WriteAnswer> RemoteDirectory::remove(GroupId group, PersonRef person) {
    const std::string method = "remove";
    auto params = of_membership(group, person);
    std::string called = method;
    const json::object result = co_await plugin_->call(std::move(called), std::move(params), Impact::write);
    co_return decoded(method, plugin_host::removed_from, result);
}

void RemoteDirectory::on_changed(std::function<void(GroupId)> handler) {
    const std::string name = plugin_->name();
    auto has_odd = std::make_shared<bool>(false);  // one for all copies of the handler
    plugin_->on_notification([handler = std::move(handler), name, has_odd](const std::string& method, const json::object& params) {
        try {
            if (method == "changed") {
                handler(plugin_host::changed_group_from(params));
            } else if (!std::exchange(*has_odd, true)) {
                log::warning("plugin.odd_notification", {{"plugin", name}, {"method", method}});
            }
        } catch (const std::exception& error) {
            if (!std::exchange(*has_odd, true)) log::warning("plugin.odd_notification", {{"plugin", name}, {"method", method}, {"why", error.what()}});
        }
    });
}

}  // namespace stint
