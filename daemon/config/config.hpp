// stintd.toml as values: one row per option, validated whole, and able to print itself without secrets.
#pragma once

#include "core/entitlement.hpp"
#include "core/time.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace stint {

/// One plugin to start: its program (a name in the plugin folder, or an absolute path) or its socket.
struct PluginConfig {
    std::string program;
    std::filesystem::path socket;       ///< instead of a program
    boost::json::object settings;       ///< handed over as they are
};

struct Config {
    struct Listen {
        std::filesystem::path socket = "/run/stint/stint.sock";
        bool act_as = false;            ///< demo only; refused unless the directory is directory-embedded
        int connections_per_uid = 32;   ///< 1 to 1000
        int requests_per_minute = 120;  ///< per person, 1 to 100000
    } listen;
    struct Store {
        std::filesystem::path path = "/var/lib/stint/stint.db";
    } store;
    struct PolicyFolder {
        std::filesystem::path folder = "/etc/stint/policy.d";
    } policy;
    struct Plugins {
        std::filesystem::path folder = "/usr/lib/stint/plugins";
    } plugins;
    PluginConfig directory;
    struct DirectoryTimes {
        Seconds operation_timeout{10};  ///< `[directory] operation_timeout`: passing it means the outcome is unknown
        Seconds settle{30};             ///< `[directory] settle`: at least twice operation_timeout
    } directory_times;
    std::optional<PluginConfig> ticket;
    std::vector<PluginConfig> notify;
    Roles roles;
    struct Log {
        std::string level = "info";     ///< debug, info, warning, error
    } log;
};

/// Everything wrong with a file, one entry each: "file:line: what; did you mean `key`?".
struct Faults {
    std::vector<std::string> errors;    ///< stintd does not start
    std::vector<std::string> warnings;  ///< worth a look
    [[nodiscard]] bool has_errors() const noexcept { return !errors.empty(); }
};

/// Reads the file and its drop-ins (`FILE.d/*.toml`, in order of name; later ones win key by key).
/// Everything found wrong is added to `faults`; the value is usable only when none was.
[[nodiscard]] Config load_config(const std::filesystem::path& file, Faults& faults);

/// The configuration as TOML-like text for people, secrets left out.
[[nodiscard]] std::string redacted(const Config& config);

/// Reads `folder/*.toml` in order of name into one policy; the hash covers the files' names and bytes.
[[nodiscard]] Policy load_policy(const std::filesystem::path& folder, const Roles& roles, Faults& faults);

}  // namespace stint
