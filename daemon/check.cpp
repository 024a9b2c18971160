// One pass over everything, printing as it goes; nothing is changed.
#include "check.hpp"

#include "config/config.hpp"
#include "directory_snapshot.hpp"
#include "plugins.hpp"
#include "store/store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdio>

namespace stint {

namespace {

namespace asio = boost::asio;

void print(const char* kind, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) std::printf("%s: %s\n", kind, line.c_str());
}

asio::awaitable<void> ask_plugins(Plugins* plugins, const Policy* policy, const PolicySource* source, Faults* faults) {
    bool is_directory_refused = false;
    for (const Plugins::Trouble& trouble : co_await plugins->troubles_at_start()) {
        (trouble.is_final ? faults->errors : faults->warnings).push_back(trouble.why);
        is_directory_refused = is_directory_refused || (trouble.is_directory && trouble.is_final);
    }
    if (is_directory_refused) co_return;
    const DirectorySnapshot seen = co_await snapshot(plugins->directory.get(), policy);
    check_satisfiable(*policy, seen, *faults, *source);
    co_await plugins->shutdown();
}

/// Starts every plugin as the broker would, and holds the policy against the directory. True when that could be asked.
bool check_plugins(const Config& config, const Policy& policy, const PolicySource& source, Faults& faults) {
    asio::io_context io(1);
    Plugins plugins = start_plugins(io.get_executor(), config);
    bool is_asked = true;
    asio::co_spawn(io, ask_plugins(&plugins, &policy, &source, &faults), [&](std::exception_ptr error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const std::exception& exception) {
            std::printf("could not ask the directory: %s\n", exception.what());
            is_asked = false;
        }
        io.stop();
    });
    io.run();
    return is_asked;
}

int check_replay(const Config& config) {
    try {
        const auto differences = replay_and_compare(config.store.path);
        print("records and log differ", differences);
        if (!differences.empty()) return 1;
        std::printf("records and log agree: %s\n", config.store.path.c_str());
        return 0;
    } catch (const std::exception& exception) {
        std::printf("could not replay %s: %s\n", config.store.path.c_str(), exception.what());
        return 2;
    }
}

}  // namespace

int run_check(const CheckOptions& options) {
    Faults faults;
    const Loaded loaded = load_all(options.config, faults);
    const Config& config = loaded.config;
    const Policy& policy = loaded.policy;
    const bool is_usable = !faults.has_errors();
    bool is_asked = true;
    if (is_usable && !options.is_offline) is_asked = check_plugins(config, policy, loaded.source, faults);
    print("warning", faults.warnings);
    print("error", faults.errors);
    int status = faults.has_errors() ? 1 : is_asked ? 0 : 2;
    if (options.is_replay && loaded.is_configured) status = std::max(status, check_replay(config));
    if (status == 0) {
        std::printf("%s: nothing wrong; %zu entitlements, policy %s\n", options.config.c_str(), policy.entitlements.size(),
                    policy.hash.value.substr(0, 12).c_str());
    }
    return status;
}

}  // namespace stint
