// What the host must know to run one plugin: values only, made from the configuration by the composition root.
#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>

namespace stint {

struct PluginSpec {
    std::string name;                                    ///< under which the log and errors speak of it: "directory-ldap"
    std::string kind;                                    ///< "directory", "ticket", "notify" or "sink"
    std::filesystem::path program;                       ///< absolute; started as a child …
    std::filesystem::path socket;                        ///< … unless this is set: connected to instead
    boost::json::object settings;                        ///< handed over as they are

    std::chrono::milliseconds initialize_timeout{10'000};
    std::chrono::milliseconds call_timeout{15'000};      ///< longer than what the plugin allows itself
    std::chrono::milliseconds shutdown_patience{2'000};  ///< for `shutdown` and the end of the process, before SIGTERM
    std::chrono::milliseconds term_patience{1'000};      ///< between SIGTERM and SIGKILL

    std::chrono::milliseconds restart_delay_min{100};    ///< doubles with each trouble, ± 20 % …
    std::chrono::milliseconds restart_delay_max{30'000};
    std::chrono::milliseconds steady_after{10'000};      ///< … and starts anew after a run of this length

    std::size_t max_in_flight = 512;                     ///< calls; more are `busy`
    std::size_t max_waiting_bytes = 8UL * 1024 * 1024;   ///< of calls that were not written yet; more are `busy`
    int timeouts_before_restart = 3;                     ///< calls without an answer in a row
};

}  // namespace stint
