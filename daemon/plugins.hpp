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
    std::vector<std::shared_ptr<PluginProcess>> processes;  ///< the directory's first
    std::unique_ptr<Directory> directory;
    std::unique_ptr<TicketSystem> tickets;                ///< null when none is configured
    std::vector<std::unique_ptr<Notifier>> notifiers;

    /// What kept a plugin from passing its handshake.
    struct Trouble {
        std::string why;
        bool is_directory = false;
        bool is_final = false;  ///< looked at and refused; otherwise merely not up yet, and being tried
    };
    /// Waits for each handshake, not for long: removals must not wait for a mail server.
    [[nodiscard]] boost::asio::awaitable<std::vector<Trouble>> troubles_at_start();
    [[nodiscard]] boost::asio::awaitable<void> shutdown();
};

[[nodiscard]] Plugins start_plugins(boost::asio::any_io_executor io, const Config& config);

}  // namespace stint
