// The ticket system's verbs as calls of the protocol; see the header. `this` is not touched after a call was made.
#include "plugin_host/remote_ticket_system.hpp"

#include "plugin_host/decode.hpp"
#include "plugin_host/plugin_process.hpp"

#include <algorithm>
#include <utility>

namespace stint {
namespace asio = boost::asio;
namespace json = boost::json;
using plugin_host::Impact;

namespace {

constexpr std::size_t max_ticket_bytes = 256;

// What no ticket system can know is not asked.
void refuse_impossible(const TicketId& ticket) {
    const std::string& id = ticket.value;
    const bool is_plain = std::none_of(id.begin(), id.end(), [](char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F; });
    if (id.empty() || id.size() > max_ticket_bytes || !is_plain) throw Fault(FaultKind::not_found, "no ticket can have this number");
}

}  // namespace

RemoteTicketSystem::RemoteTicketSystem(std::shared_ptr<PluginProcess> plugin) : plugin_(std::move(plugin)) {}

asio::awaitable<Ticket> RemoteTicketSystem::lookup(TicketId ticket) {
    refuse_impossible(ticket);
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
    refuse_impossible(ticket);
    json::object params;
    params["ticket"] = ticket.value;
    params["text"] = text;
    params["key"] = key;
    std::string method = "note";
    const json::object result = co_await plugin_->call(std::move(method), std::move(params), Impact::write);
    static_cast<void>(result);  // {}
}

}  // namespace stint
