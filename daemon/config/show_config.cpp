// The configuration and its options as text for people: `stintd check`, the manual, --help-config.
#include "config/config.hpp"
#include "config/options.hpp"
#include "config/settings.hpp"

#include <algorithm>

namespace stint {
namespace {

using namespace config;

constexpr std::size_t text_width = 78;

const PluginTable* plugin_table(std::string_view name) {
    const auto tables = plugin_tables();
    const auto found = std::find_if(tables.begin(), tables.end(), [name](const PluginTable& one) { return one.name == name; });
    return found == tables.end() ? nullptr : &*found;
}

std::string heading(std::string_view table) {
    const PluginTable* plugin = plugin_table(table);
    const bool is_list = plugin != nullptr && plugin->is_list;
    return (is_list ? "[[" : "[") + std::string(table) + (is_list ? "]]\n" : "]\n");
}

/// Broken at spaces, each line behind `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent) {
    std::string result, line;
    const auto flush = [&] {
        if (!line.empty()) result += std::string(indent, ' ') + line + "\n";
        line.clear();
    };
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        if (!line.empty() && indent + line.size() + 1 + word.size() > text_width) flush();
        line += (line.empty() ? "" : " ") + std::string(word);
        text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    flush();
    return result;
}

std::string redacted_plugin(const PluginConfig& plugin) {
    std::string text;
    if (!plugin.program.empty()) text += "plugin = " + quoted_toml(plugin.program) + "\n";
    if (!plugin.socket.empty()) text += "socket = " + quoted_toml(plugin.socket.string()) + "\n";
    if (!plugin.settings.empty()) text += "settings = " + redacted_settings(plugin.settings) + "\n";
    return text;
}

std::string redacted_options(std::string_view table, Config& config) {
    std::string text;
    for (const Option& option : options())
        if (option.table == table) text += std::string(option.key) + " = " + to_toml(option.rule, config) + "\n";
    return text;
}

std::string described(std::string_view key, const std::string& type, std::string_view doc) {
    return "  " + std::string(key) + "  (" + type + ")\n" + wrapped(doc, 6);
}

}  // namespace

std::string redacted(const Config& config) {
    Config shown = config;
    std::string text;
    for (const TableDoc& table : table_docs()) {
        if (table.name == "ticket" && !config.ticket) continue;
        if (table.name == "notify") {
            for (const PluginConfig& one : config.notify) text += heading("notify") + redacted_plugin(one);
            continue;
        }
        text += heading(table.name);
        if (table.name == "directory") text += redacted_plugin(config.directory);
        if (table.name == "ticket") text += redacted_plugin(*config.ticket);
        text += redacted_options(table.name, shown);
    }
    return text;
}

std::string describe_options() {
    Config defaults;
    std::string text;
    for (const TableDoc& table : table_docs()) {
        text += (text.empty() ? "" : "\n") + heading(table.name) + wrapped(table.doc, 2);
        if (plugin_table(table.name) != nullptr)
            for (const PluginKey& key : plugin_keys()) text += described(key.key, std::string(key.type), key.doc);
        for (const Option& option : options()) {
            if (option.table != table.name) continue;
            text += described(option.key, type_of(option.rule), option.doc) + "      Default: " + to_toml(option.rule, defaults) + "\n";
        }
    }
    return text;
}

}  // namespace stint
