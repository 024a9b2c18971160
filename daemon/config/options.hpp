// The options of stintd.toml, one row each: reading, checking, showing and the manual all go by these rows.
#pragma once

#include "config/config.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace stint::config {

struct PathRule {
    std::filesystem::path& (*at)(Config&);
    std::size_t longest;  ///< bytes
};
struct FlagRule {
    bool& (*at)(Config&);
};
struct CountRule {
    int& (*at)(Config&);
    int lowest, highest;
};
struct LengthRule {
    Seconds& (*at)(Config&);
    Seconds shortest, longest;
};
struct ChoiceRule {
    std::string& (*at)(Config&);
    std::span<const std::string_view> words;
};
struct GroupsRule {
    std::vector<GroupName>& (*at)(Config&);
};
using Rule = std::variant<PathRule, FlagRule, CountRule, LengthRule, ChoiceRule, GroupsRule>;

struct Option {
    std::string_view table, key;
    Rule rule;
    std::string_view doc;
};

/// Tables that name a plugin; each has the keys of `plugin_keys` beside its options.
struct PluginTable {
    std::string_view name;
    bool is_list;  ///< [[name]]
};
struct PluginKey {
    std::string_view key, type, doc;
};

/// Promised by the manual's plan, and not built: said so instead of "unknown". An empty key: the whole table.
struct NotYet {
    std::string_view table, key;
};

[[nodiscard]] std::span<const Option> options();
[[nodiscard]] std::span<const PluginTable> plugin_tables();
[[nodiscard]] std::span<const PluginKey> plugin_keys();
[[nodiscard]] std::span<const NotYet> not_yet();
/// The tables in the order in which people are shown them, and what each is about.
struct TableDoc {
    std::string_view name, doc;
};
[[nodiscard]] std::span<const TableDoc> table_docs();

/// The value as it would stand in the file.
[[nodiscard]] std::string to_toml(const Rule& rule, Config& config);
/// "whole number, 1 to 1000"
[[nodiscard]] std::string type_of(const Rule& rule);
/// A text as a TOML string, escaped.
[[nodiscard]] std::string quoted_toml(std::string_view text);

}  // namespace stint::config
