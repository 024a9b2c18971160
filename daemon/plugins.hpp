// The plugins of one configuration: started together, spoken to through the ports, ended together.
#pragma once

#include "config/config.hpp"
#include "plugin_host/plugin_process.hpp"
#include "ports/directory.hpp"
#include "ports/notifier.hpp"
#include "ports/ticket_system.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace stint {

struct Plugins {
    std::vector<std::shared_ptr<PluginProcess>> processes;
    std::unique_ptr<Directory> directory;
    std::unique_ptr<TicketSystem> tickets;                ///< null when none is configured
    std::vector<std::unique_ptr<Notifier>> notifiers;

    /// Waits for each handshake; what was looked at and refused is told, one line each. One that is merely not up yet is
    /// not: it is being tried, and removals must not wait for a mail server.
    [[nodiscard]] boost::asio::awaitable<std::vector<std::string>> refused_at_start();
    [[nodiscard]] boost::asio::awaitable<void> shutdown();
};

enum class Wanted { all, directory_only };
[[nodiscard]] Plugins start_plugins(boost::asio::any_io_executor io, const Config& config, Wanted wanted);

}  // namespace stint
