// From configuration to running plugins.
#include "plugins.hpp"

#include "plugin_host/remote_directory.hpp"
#include "plugin_host/remote_notifier.hpp"
#include "plugin_host/remote_ticket_system.hpp"

#include <map>

namespace stint {

namespace {

PluginSpec spec_of(const PluginConfig& plugin, const std::string& kind, const Config& config) {
    PluginSpec spec;
    const std::filesystem::path program = plugin.program;
    spec.kind = kind;
    spec.socket = plugin.socket;
    spec.name = plugin.program.empty() ? plugin.socket.stem().string() : program.filename().string();
    if (!plugin.program.empty()) spec.program = program.is_absolute() ? program : std::filesystem::absolute(config.plugins.folder / program);
    spec.settings = plugin.settings;
    return spec;
}

}  // namespace

Plugins start_plugins(boost::asio::any_io_executor io, const Config& config) {
    Plugins plugins;
    std::map<std::string, int> count;  // several may run one program: each has a name of its own, in the log and the outbox
    const auto start = [&](const PluginConfig& plugin, const std::string& kind, Seconds timeout) {
        PluginSpec spec = spec_of(plugin, kind, config);
        const int number = ++count[spec.name];
        if (number > 1) spec.name += '#' + std::to_string(number);
        spec.call_timeout = timeout;
        plugins.processes.push_back(start_plugin(io, std::move(spec)));
        return plugins.processes.back();
    };
    // The plugin gives up on its own after operation_timeout; the host only when the plugin itself does not answer.
    const Seconds patience = config.directory_times.operation_timeout + Seconds(5);
    plugins.directory = std::make_unique<RemoteDirectory>(start(config.directory, "directory", patience));
    if (config.ticket) plugins.tickets = std::make_unique<RemoteTicketSystem>(start(*config.ticket, "ticket", Seconds(15)));
    for (const PluginConfig& notify : config.notify) {
        plugins.notifiers.push_back(std::make_unique<RemoteNotifier>(start(notify, "notify", Seconds(60))));
    }
    return plugins;
}

boost::asio::awaitable<std::vector<Plugins::Trouble>> Plugins::troubles_at_start() {
    std::vector<Trouble> troubles;
    for (const auto& process : processes) {
        try {
            co_await process->ready(std::chrono::seconds(5));
        } catch (const PluginNotReady& trouble) {
            Trouble found;
            found.why = process->name() + ": " + trouble.what();
            found.is_directory = process == processes.front();
            found.is_final = trouble.is_final();
            troubles.push_back(std::move(found));
        }
    }
    co_return troubles;
}

boost::asio::awaitable<void> Plugins::shutdown() {
    for (const auto& process : processes) co_await process->shutdown();
}

}  // namespace stint
