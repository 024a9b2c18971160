// Reading by toml++, after a look for what would harm it. Every fault names file and line, and repeats no value.
#include "plugins/directory-embedded/directory_file.hpp"

#include "daemon/wire/plain_text.hpp"
#include "daemon/wire/toml_bounds.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <utility>

namespace stint::directory_embedded {

namespace {

constexpr std::size_t longest_text = 256;  // in code points

std::string place(const std::string& file, const toml::node& node) { return file + ":" + std::to_string(node.source().begin.line) + ": "; }

[[noreturn]] void fail(const std::string& file, const toml::node& node, const std::string& what) {
    throw FileFault(place(file, node) + what);
}

std::string text_of(const toml::table& table, std::string_view key, const std::string& file, bool is_required) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
        if (is_required) fail(file, table, "`" + std::string(key) + "` is missing");
        return {};
    }
    const auto text = node->value_exact<std::string>();
    if (!text || wire::judge_text(*text, longest_text) != wire::TextVerdict::plain)
        fail(file, *node, "`" + std::string(key) + "` must be a text of at most 256 printable characters");
    if (is_required && wire::is_blank(*text)) fail(file, *node, "`" + std::string(key) + "` must not be empty");
    return *text;
}

bool flag_of(const toml::table& table, std::string_view key, const std::string& file) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return true;
    const auto flag = node->value_exact<bool>();
    if (!flag) fail(file, *node, "`" + std::string(key) + "` must be true or false");
    return *flag;
}

void refuse_others(const toml::table& table, std::initializer_list<std::string_view> known, const std::string& file) {
    for (const auto& [key, node] : table) {
        if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
        std::string all;
        for (const auto name : known) all += (all.empty() ? "" : ", ") + std::string(name);
        fail(file, node, "a key that is not known here; known are: " + all);
    }
}

PersonEntry read_person(const toml::table& table, const std::string& file) {
    refuse_others(table, {"login", "name", "mail", "manager", "enabled"}, file);
    return {text_of(table, "login", file, true), text_of(table, "name", file, false), text_of(table, "mail", file, false),
            text_of(table, "manager", file, false), flag_of(table, "enabled", file)};
}

GroupEntry read_group(const toml::table& table, const std::string& file) {
    refuse_others(table, {"name", "members", "managed"}, file);
    GroupEntry group{text_of(table, "name", file, true), {}, flag_of(table, "managed", file)};
    const toml::node* node = table.get("members");
    if (node == nullptr) return group;
    const toml::array* members = node->as_array();
    if (members == nullptr) fail(file, *node, "`members` must be a list of logins");
    std::set<std::string> seen;
    for (const toml::node& member : *members) {
        const auto login = member.value_exact<std::string>();
        if (!login || login->empty() || wire::judge_text(*login, longest_text) != wire::TextVerdict::plain)
            fail(file, member, "`members` must hold logins: texts of at most 256 printable characters");
        if (!seen.insert(*login).second) fail(file, member, "the same member a second time");
        group.members.push_back(*login);
    }
    return group;
}

template <class Entries, class Read>
void read_tables(const toml::table& root, std::string_view key, const std::string& file, Entries& into, Read read) {
    const toml::node* node = root.get(key);
    if (node == nullptr) return;
    const toml::array* tables = node->as_array();
    if (tables == nullptr) fail(file, *node, "must be written as [[" + std::string(key) + "]]");
    for (const toml::node& item : *tables) {
        const toml::table* table = item.as_table();
        if (table == nullptr) fail(file, item, "must be written as [[" + std::string(key) + "]]");
        auto [name, entry] = read(*table);
        if (!into.emplace(std::move(name), std::move(entry)).second)
            fail(file, item, "a " + std::string(key) + " by this name stands above already");
    }
}

}  // namespace

bool holds(const GroupEntry& group, std::string_view login) {
    return std::find(group.members.begin(), group.members.end(), login) != group.members.end();
}

DirectoryText parse_directory(const std::string& text, const std::string& file) {
    if (const auto excess = wire::find_excess(text)) throw FileFault(file + ":" + std::to_string(excess->line) + ": " + excess->what);
    DirectoryText directory;
    try {
        const toml::table root = toml::parse(text, file);
        refuse_others(root, {"person", "group"}, file);
        read_tables(root, "person", file, directory.people, [&](const toml::table& table) {
            PersonEntry person = read_person(table, file);
            return std::pair(person.login, person);
        });
        read_tables(root, "group", file, directory.groups, [&](const toml::table& table) {
            GroupEntry group = read_group(table, file);
            return std::pair(group.name, group);
        });
    } catch (const toml::parse_error& error) {
        throw FileFault(file + ":" + std::to_string(error.source().begin.line) + ": is not TOML: " + std::string(error.description()));
    }
    return directory;
}

}  // namespace stint::directory_embedded
