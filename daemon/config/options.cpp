// The rows themselves; see options.hpp. To add an option: a member in Config, a row here, a line in config/stintd.toml.
#include "config/options.hpp"

#include <array>

namespace stint::config {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> log_levels{"debug", "info", "warning", "error"};
constexpr std::size_t longest_socket_path = 107;  // sun_path of unix(7), with its zero byte
constexpr std::size_t longest_path = 4095;

const std::array<Option, 12>& rows() {
    static const std::array<Option, 12> all{{
        {"listen", "socket", PathRule{[](Config& c) -> fs::path& { return c.listen.socket; }, longest_socket_path},
         "The local socket. Callers are known by the uid that the kernel attests."},
        {"listen", "act_as", FlagRule{[](Config& c) -> bool& { return c.listen.act_as; }},
         "Demo only: lets one local user play several persons (stint --as LOGIN). Refused unless the directory is directory-embedded."},
        {"listen", "connections_per_uid", CountRule{[](Config& c) -> int& { return c.listen.connections_per_uid; }, 1, 1000},
         "Connections that one uid may hold at a time."},
        {"listen", "requests_per_minute", CountRule{[](Config& c) -> int& { return c.listen.requests_per_minute; }, 1, 100000},
         "Calls that one person may make in a minute; more are refused with too_many_requests."},
        {"store", "path", PathRule{[](Config& c) -> fs::path& { return c.store.path; }, longest_path},
         "The broker's records and audit log (SQLite). Keep it on a local disk that honours fsync."},
        {"policy", "folder", PathRule{[](Config& c) -> fs::path& { return c.policy.folder; }, longest_path},
         "The folder of the policy's *.toml files."},
        {"plugins", "folder", PathRule{[](Config& c) -> fs::path& { return c.plugins.folder; }, longest_path},
         "Where plugins are looked for that are named without a path."},
        {"directory", "operation_timeout", LengthRule{[](Config& c) -> Seconds& { return c.directory_times.operation_timeout; }, 1s, 5min},
         "How long one operation may take; after it the outcome of a write counts as unknown."},
        {"directory", "settle", LengthRule{[](Config& c) -> Seconds& { return c.directory_times.settle; }, 1s, 1h},
         "How long to wait before reading back a write of unknown outcome: twice operation_timeout at least (which is also "
         "the default where that is more); under 30s a late write may be missed."},
        {"roles", "auditor", GroupsRule{[](Config& c) -> std::vector<GroupName>& { return c.roles.auditor; }},
         "Directory groups whose members may read everything and do nothing else."},
        {"roles", "security", GroupsRule{[](Config& c) -> std::vector<GroupName>& { return c.roles.security; }},
         "Directory groups whose members see everything, revoke grants, and are told of findings."},
        {"log", "level", ChoiceRule{[](Config& c) -> std::string& { return c.log.level; }, log_levels},
         "The least that is written to the log."},
    }};
    return all;
}

constexpr std::array<TableDoc, 9> tables{{
    {"listen", "The door that people come in by."},
    {"store", "What the broker remembers."},
    {"policy", "What may be lent, to whom, on whose word."},
    {"plugins", "The programs that speak with the outside."},
    {"directory", "Required. Where the groups are: the one plugin of kind directory."},
    {"ticket", "The help desk's records: one plugin of kind ticket. Without it no entitlement may ask for a ticket."},
    {"notify", "Channels to people: a plugin of kind notify each, all of them used. A drop-in that has [[notify]] replaces them all."},
    {"roles", "Groups of the directory that hold a role in the broker. Nobody holds one by default; root on this host is no role."},
    {"log", "The broker's own messages, on standard error."},
}};

constexpr std::array<PluginTable, 3> with_plugins{{{"directory", false}, {"ticket", false}, {"notify", true}}};

constexpr std::array<PluginKey, 3> keys_of_plugins{{
    {"plugin", "name, or absolute path", "The program: a name in the plugin folder, or an absolute path. This, or `socket`."},
    {"socket", "absolute path", "The socket of a plugin that systemd starts as another user. This, or `plugin`."},
    {"settings", "table", "The plugin's own settings, handed over as they are; its manual page lists them. Secrets never stand "
                          "here: `*_credential` names one in systemd's credentials folder, `*_file` a file closed to all others."},
}};

constexpr std::array<NotYet, 3> planned{{{"listen", "https"}, {"sink", ""}, {"privacy", ""}}};

template <class... Ts>
struct Cases : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
Cases(Ts...) -> Cases<Ts...>;  // Clang 14 does not deduce it for an aggregate

std::string bracketed(const std::vector<GroupName>& groups) {
    std::string text;
    for (const GroupName& group : groups) text += (text.empty() ? "" : ", ") + quoted_toml(group.value);
    return "[" + text + "]";
}

}  // namespace

std::span<const Option> options() { return rows(); }
std::span<const PluginTable> plugin_tables() { return with_plugins; }
std::span<const PluginKey> plugin_keys() { return keys_of_plugins; }
std::span<const NotYet> not_yet() { return planned; }
std::span<const TableDoc> table_docs() { return tables; }

std::string quoted_toml(std::string_view text) {
    std::string quoted = "\"";
    for (const char one : text) {
        if (one == '"' || one == '\\') quoted += '\\';
        quoted += one;
    }
    return quoted + "\"";
}

std::string to_toml(const Rule& rule, Config& config) {
    return std::visit(Cases{
        [&](const PathRule& one) { return quoted_toml(one.at(config).string()); },
        [&](const FlagRule& one) { return std::string(one.at(config) ? "true" : "false"); },
        [&](const CountRule& one) { return std::to_string(one.at(config)); },
        [&](const LengthRule& one) { return quoted_toml(to_text(one.at(config))); },
        [&](const ChoiceRule& one) { return quoted_toml(one.at(config)); },
        [&](const GroupsRule& one) { return bracketed(one.at(config)); },
    }, rule);
}

std::string type_of(const Rule& rule) {
    return std::visit(Cases{
        [](const PathRule&) { return std::string("absolute path"); },
        [](const FlagRule&) { return std::string("true or false"); },
        [](const CountRule& one) { return "whole number, " + std::to_string(one.lowest) + " to " + std::to_string(one.highest); },
        [](const LengthRule& one) { return "duration, " + to_text(one.shortest) + " to " + to_text(one.longest); },
        [](const ChoiceRule& one) {
            std::string words;
            for (const std::string_view word : one.words) words += (words.empty() ? "" : ", ") + std::string(word);
            return "one of: " + words;
        },
        [](const GroupsRule&) { return std::string("list of groups"); },
    }, rule);
}

}  // namespace stint::config
