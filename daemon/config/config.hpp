// stintd.toml as values: one row per option, validated whole, and able to print itself without secrets.
#pragma once

#include "core/entitlement.hpp"
#include "core/time.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stint {

/// Where something stands; line 0 and file "" when that is not known.
struct Place {
    std::string file;
    unsigned line = 0;
};

/// One plugin to start: its program (a name in the plugin folder, or an absolute path) or its socket.
struct PluginConfig {
    std::string program;
    std::filesystem::path socket;       ///< instead of a program
    boost::json::object settings;       ///< handed over as they are
    bool operator==(const PluginConfig&) const = default;
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
        bool is_known = true;           ///< false: what the file says of it could not be read
    } policy;
    struct Plugins {
        std::filesystem::path folder = "/usr/lib/stint/plugins";
    } plugins;
    PluginConfig directory;
    struct DirectoryTimes {
        Seconds operation_timeout{10};  ///< `[directory] operation_timeout`: passing it means the outcome is unknown
        Seconds settle{30};             ///< `[directory] settle`: at least twice operation_timeout
        bool operator==(const DirectoryTimes&) const = default;
    } directory_times;
    std::optional<PluginConfig> ticket;
    std::vector<PluginConfig> notify;
    Roles roles;
    Place auditor_place, security_place;  ///< where the roles stand, for messages about what only the directory can tell
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

/// A file's name, as messages tell it, and what stands in it.
struct SourceText {
    std::string name;
    std::string text;
};

/// Where each part of a policy stands, kept beside it for messages about what only the directory can tell.
class PolicySource {
public:
    void put(const EntitlementName& name, const std::string& key, Place place);
    /// The key's place ("groups", "approval[1].from"); the entitlement's own when the key is not known.
    [[nodiscard]] Place find(const EntitlementName& name, const std::string& key) const;
    void merge(PolicySource&& other);

private:
    std::map<EntitlementName, std::map<std::string, Place>> places_;
};

/// Reads the file and its drop-ins (`FILE.d/*.toml`, in order of name). Later files win key by key, within
/// tables too; a list, and so an array of tables such as [[notify]], is replaced as a whole.
/// Everything found wrong is added to `faults`; the value is usable only when none was.
[[nodiscard]] Config load_config(const std::filesystem::path& file, Faults& faults);

/// The same from memory: the main file first, then the drop-ins in their order.
[[nodiscard]] Config parse_config(std::span<const SourceText> files, Faults& faults);

/// The configuration as TOML-like text for people, secrets left out.
[[nodiscard]] std::string redacted(const Config& config);

/// Every option with its type, default, limits and what it is for, as text for the manual and `stintd --help-config`.
[[nodiscard]] std::string describe_options();

/// Reads `folder/*.toml` in order of name into one policy. The hash is SHA-256 over, for each file in that
/// order: its name, a zero byte, its length in decimal, a zero byte, its bytes; then, for "roles/auditor" and
/// "roles/security", when they have groups: that name, a zero byte, and each group's length, a zero byte, its bytes.
/// Whole or not at all: with any error the policy is empty.
[[nodiscard]] Policy load_policy(const std::filesystem::path& folder, const Roles& roles, Faults& faults, PolicySource* source = nullptr);

/// The same from memory; the files in order of name.
[[nodiscard]] Policy parse_policy(std::span<const SourceText> files, const Roles& roles, Faults& faults, PolicySource* source = nullptr);

/// What neither file can tell alone: an entitlement that asks for a ticket where no ticket system is configured.
void check_together(const Config& config, const Policy& policy, const PolicySource& source, Faults& faults);

/// Configuration and policy as they stand on disk, read together.
struct Loaded {
    Config config;
    Policy policy;
    PolicySource source;
    bool is_configured = false;  ///< the configuration itself has no error
};

/// Reads all of it and tells all that is wrong: the policy is read although the configuration has errors, unless one
/// of them is about where the policy is. Usable only when `faults` has no errors.
[[nodiscard]] Loaded load_all(const std::filesystem::path& file, Faults& faults);

/// The tables that differ and are read at start only: a running broker cannot take them. In order of the file.
[[nodiscard]] std::vector<std::string> tables_for_restart(const Config& running, const Config& wanted);

}  // namespace stint
