// A ticket system behind a plugin: each verb of the port is one JSON-RPC call. Judges nothing but shapes.
#pragma once

#include "ports/ticket_system.hpp"

#include <memory>

namespace stint {

class PluginProcess;

class RemoteTicketSystem final : public TicketSystem {
public:
    explicit RemoteTicketSystem(std::shared_ptr<PluginProcess> plugin);
    [[nodiscard]] boost::asio::awaitable<Ticket> lookup(TicketId ticket) override;
    [[nodiscard]] boost::asio::awaitable<void> note(TicketId ticket, std::string text, std::string key) override;

private:
    std::shared_ptr<PluginProcess> plugin_;
};

}  // namespace stint
