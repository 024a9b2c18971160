// From stintd.toml and its drop-ins to Config: gathers files, reads row by row, then judges what no row can
// judge alone. Every fault is collected; nothing stops at the first.
#include "config/config.hpp"

#include "config/options.hpp"
#include "config/settings.hpp"
#include "config/source_files.hpp"
#include "config/toml_reader.hpp"

#include <algorithm>

namespace stint {
namespace {

using namespace config;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::size_t most_plugins = 16;
constexpr std::size_t longest_program = 4095;
constexpr std::size_t longest_socket_path = 107;
constexpr std::string_view embedded_directory = "directory-embedded";

std::optional<fs::path> read_path(TableReader& reader, std::string_view key, std::size_t longest) {
    const auto text = reader.text(key, {longest});
    if (!text) return std::nullopt;
    if (text->front() != '/') {
        reader.fault(key, "must be an absolute path: begin it with /");
        return std::nullopt;
    }
    if (text->size() > longest) {
        reader.fault(key, "is longer than " + std::to_string(longest) + " bytes");
        return std::nullopt;
    }
    return fs::path(*text);
}

/// Reads one option by its row. What is absent or faulty leaves the default.
struct ReadOption {
    TableReader& reader;
    std::string_view key;
    Config& config;

    void operator()(const PathRule& rule) const {
        if (auto value = read_path(reader, key, rule.longest)) rule.at(config) = *std::move(value);
    }
    void operator()(const FlagRule& rule) const {
        if (const auto value = reader.flag(key)) rule.at(config) = *value;
    }
    void operator()(const CountRule& rule) const {
        if (const auto value = reader.number(key, rule.lowest, rule.highest)) rule.at(config) = static_cast<int>(*value);
    }
    void operator()(const LengthRule& rule) const {
        if (const auto value = reader.duration(key, rule.shortest, rule.longest)) rule.at(config) = *value;
    }
    void operator()(const ChoiceRule& rule) const {
        if (const auto value = reader.choice(key, rule.words)) rule.at(config) = std::string(rule.words[*value]);
    }
    void operator()(const GroupsRule& rule) const {
        if (auto value = reader.groups(key, {.may_be_empty = true})) rule.at(config) = *std::move(value);
    }
};

bool is_program_name(std::string_view text) {
    if (text.front() == '/') return !text.ends_with('/');
    return text.size() <= 64 && text.front() != '-' && std::all_of(text.begin(), text.end(), [](char one) {
        return (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') || one == '-';
    });
}

/// The keys that every plugin's table has.
PluginConfig read_plugin(TableReader& reader, Faults& faults) {
    PluginConfig plugin;
    if (auto program = reader.text("plugin", {longest_program})) {
        if (is_program_name(*program)) {
            plugin.program = *std::move(program);
        } else {
            reader.fault("plugin", "must be a name in the plugin folder (small letters, digits, hyphens) or an absolute path");
        }
    }
    if (auto socket = read_path(reader, "socket", longest_socket_path)) plugin.socket = *std::move(socket);
    if (reader.has("plugin") == reader.has("socket"))
        reader.fault("plugin", reader.has("plugin") ? "and `socket` are both there: one of them says where the plugin is" : "is missing: name the program, or its `socket`");
    if (const auto settings = reader.table("settings")) plugin.settings = to_settings(settings->raw(), "settings", faults);
    return plugin;
}

void refuse_not_yet(TableReader& reader, std::string_view table) {
    for (const NotYet& row : not_yet()) {
        const std::string_view key = table.empty() && row.key.empty() ? row.table : row.key;
        const bool is_mine = table.empty() ? row.key.empty() : row.table == table && !row.key.empty();
        if (is_mine && reader.raw().contains(key) && reader.has(key)) reader.fault(key, "is not there yet in this version: take it out");
    }
}

void read_options(TableReader& reader, std::string_view table, Config& config) {
    refuse_not_yet(reader, table);
    for (const Option& option : options())
        if (option.table == table) std::visit(ReadOption{reader, option.key, config}, option.rule);
}

void read_plugin_table(TableReader& root, const PluginTable& table, Config& config, Faults& faults) {
    if (table.is_list) {
        for (TableReader& reader : root.tables(table.name, most_plugins)) {
            config.notify.push_back(read_plugin(reader, faults));
            reader.finish();
        }
        return;
    }
    auto reader = root.table(table.name);
    if (!reader) return;
    read_options(*reader, table.name, config);
    const PluginConfig plugin = read_plugin(*reader, faults);
    if (table.name == "directory") {
        config.directory = plugin;
    } else {
        config.ticket = plugin;
    }
    reader->finish();
}

bool has_plugin(std::string_view table) {
    return std::any_of(plugin_tables().begin(), plugin_tables().end(), [table](const PluginTable& one) { return one.name == table; });
}

bool has_key(TableReader& root, std::string_view table, std::string_view key) {
    const toml::table* inner = root.raw().get_as<toml::table>(table);
    return inner != nullptr && inner->contains(key);
}

/// Twice the limit at least: until then a write that timed out may still happen.
void check_times(TableReader& root, Config& config) {
    Config::DirectoryTimes& times = config.directory_times;
    if (root.raw().get_as<toml::table>("directory") == nullptr) return;
    auto directory = root.table("directory");
    if (!has_key(root, "directory", "settle")) {
        times.settle = std::max(times.settle, 2 * times.operation_timeout);
    } else if (times.settle < 2 * times.operation_timeout) {
        directory->fault("settle", "must be twice operation_timeout (" + to_text(times.operation_timeout) + ") at least, not " + to_text(times.settle));
    } else if (times.settle < 30s) {
        directory->warn("settle", "is under 30s: a write that the directory carries out late may be missed");
    }
}

/// The embedded directory is one of our programs; behind a socket anything could stand.
bool is_embedded(const PluginConfig& directory) {
    return directory.socket.empty() && fs::path(directory.program).filename() == embedded_directory;
}

/// False when [policy] says something of the folder that was not understood.
bool is_folder_known(const TableReader& root, const Config& config) {
    const toml::node* table = root.raw().get("policy");
    if (table == nullptr) return true;
    if (!table->is_table()) return false;
    const toml::node* folder = table->as_table()->get("folder");
    return folder == nullptr || (folder->is_string() && folder->as_string()->get() == config.policy.folder);
}

void note_places_of_roles(const TableReader& root, Config& config) {
    const toml::table* roles = root.raw().get_as<toml::table>("roles");
    if (roles == nullptr) return;
    if (const toml::node* node = roles->get("auditor")) config.auditor_place = place_of(*node);
    if (const toml::node* node = roles->get("security")) config.security_place = place_of(*node);
}

Config read_root(const toml::table& table, bool is_whole, Faults& faults) {
    Config config;
    TableReader root(table, "", "", faults);
    refuse_not_yet(root, "");
    for (const TableDoc& doc : table_docs()) {
        if (has_plugin(doc.name)) continue;
        if (auto reader = root.table(doc.name)) {
            read_options(*reader, doc.name, config);
            reader->finish();
        }
    }
    for (const PluginTable& plugin : plugin_tables()) read_plugin_table(root, plugin, config, faults);
    root.finish();
    check_times(root, config);
    note_places_of_roles(root, config);
    config.policy.is_known = is_whole && is_folder_known(root, config);
    if (!is_whole) return config;  // what seems to be missing may stand in the file that could not be read
    root.require("directory");
    if (config.listen.act_as && !is_embedded(config.directory)) {
        auto listen = root.table("listen");
        listen->fault("act_as", "lets one user play everybody, so it is for the demo's directory only: take it out, or use plugin = \"directory-embedded\"");
    }
    return config;
}

Config parse_all(std::span<const SourceText> files, bool is_whole, Faults& faults) {
    toml::table merged;
    bool is_first = true;
    for (const SourceText& file : files) {
        auto table = parse_toml(file, faults);
        if (!table) {
            is_whole = false;
        } else if (is_first) {
            merged = *std::move(table);
            is_first = false;
        } else {
            merge_into(merged, *std::move(table));
        }
    }
    return read_root(merged, is_whole, faults);
}

}  // namespace

Config parse_config(std::span<const SourceText> files, Faults& faults) { return parse_all(files, true, faults); }

Config load_config(const fs::path& file, Faults& faults) {
    std::vector<SourceText> files;
    bool is_whole = true;
    if (auto main = read_source(file, faults)) {
        files.push_back(*std::move(main));
    } else {
        is_whole = false;
    }
    fs::path folder = file;
    folder += ".d";
    FolderTexts drop_ins = read_folder(folder, false, faults);
    is_whole = is_whole && drop_ins.is_whole;
    std::move(drop_ins.texts.begin(), drop_ins.texts.end(), std::back_inserter(files));
    return parse_all(files, is_whole, faults);
}

}  // namespace stint
