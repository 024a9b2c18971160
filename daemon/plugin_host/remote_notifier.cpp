// `deliver` as a call of the protocol; see the header. `this` is not touched after a call was made.
#include "plugin_host/remote_notifier.hpp"

#include "plugin_host/plugin_process.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace stint {
namespace asio = boost::asio;
namespace json = boost::json;
using plugin_host::Impact;

namespace {

json::array texts(const std::vector<std::string>& lines) {
    json::array array;
    for (const std::string& line : lines) array.emplace_back(line);
    return array;
}

json::object notice_json(const Notice& notice) {
    json::object object;
    object["kind"] = notice.kind;
    object["request"] = notice.request.value;
    json::array& recipients = object["recipients"].emplace_array();
    for (const PersonRef& person : notice.recipients) {
        json::object recipient;
        recipient["login"] = person.login.value;
        recipient["name"] = person.name;
        recipient["mail"] = person.mail;
        recipients.emplace_back(std::move(recipient));
    }
    object["subject"] = notice.subject;
    object["lines"] = texts(notice.lines);
    object["commands"] = texts(notice.commands);
    object["link"] = notice.link;
    object["sent_at"] = to_rfc3339(notice.sent_at);
    return object;
}

}  // namespace

RemoteNotifier::RemoteNotifier(std::shared_ptr<PluginProcess> plugin) : plugin_(std::move(plugin)) {}

asio::awaitable<void> RemoteNotifier::deliver(Notice notice, std::string key) {
    json::object params;
    params["notice"] = notice_json(notice);
    params["key"] = key;
    std::string method = "deliver";
    const json::object result = co_await plugin_->call(std::move(method), std::move(params), Impact::write);
    static_cast<void>(result);  // {}
}

const std::string& RemoteNotifier::name() const { return plugin_->name(); }

}  // namespace stint
