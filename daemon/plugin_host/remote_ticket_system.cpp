// The ticket system's verbs as calls of the protocol; see the header. `this` is not touched after a call was made.
#include "plugin_host/remote_ticket_system.hpp"

#include "plugin_host/decode.hpp"
#include "plugin_host/plugin_process.hpp"

#include <utility>

namespace stint {
namespace asio = boost::asio;
namespace json = boost::json;
using plugin_host::Impact;

RemoteTicketSystem::RemoteTicketSystem(std::shared_ptr<PluginProcess> plugin) : plugin_(std::move(plugin)) {}

asio::awaitable<Ticket> RemoteTicketSystem::lookup(TicketId ticket) {
    json::object params;
    params["ticket"] = ticket.value;
    std::string method = "lookup";
    const json::object result = co_await plugin_->call(std::move(method), std::move(params), Impact::read);
    try {
        co_return plugin_host::ticket_from(result);
    } catch (const Fault& fault) {
        throw Fault(FaultKind::broken, std::string("the ticket system's answer to `lookup` is nonsense: ") + fault.what());
    }
}

asio::awaitable<void> RemoteTicketSystem::note(TicketId ticket, std::string text, std::string key) {
    json::object params;
    params["ticket"] = ticket.value;
    params["text"] = text;
    params["key"] = key;
    std::string method = "note";
    const json::object result = co_await plugin_->call(std::move(method), std::move(params), Impact::write);
    static_cast<void>(result);  // {}
}

}  // namespace stint
