// Finds the place by toml++'s source positions, edits bytes there, and reads the result again before believing it.
#include "plugins/directory-embedded/members_edit.hpp"

#include "plugins/directory-embedded/directory_file.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <sstream>

namespace stint::directory_embedded {

namespace {

/// Byte offset of a position; toml++ counts lines and code points from 1.
std::size_t offset_of(const std::string& text, const toml::source_position& position) {
    std::size_t at = 0;
    for (toml::source_index line = 1; line < position.line; ++line) {
        at = text.find('\n', at);
        if (at == std::string::npos) throw FileFault("the file's lines do not add up");
        ++at;
    }
    for (toml::source_index column = 1; column < position.column && at < text.size(); ++column) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    }
    return at;
}

const toml::table& group_table(const toml::table& root, const std::string& file, const std::string& group) {
    if (const toml::array* groups = root["group"].as_array()) {
        for (const toml::node& item : *groups) {
            const toml::table* table = item.as_table();
            if (table != nullptr && (*table)["name"].value<std::string>() == group) return *table;
        }
    }
    throw FileFault(file + ": has no such group");
}

std::string quoted(const std::string& login) {
    std::ostringstream out;
    const toml::value<std::string> value(login);
    out << toml::toml_formatter(value, toml::format_flags::none);  // a basic string, as people write it
    return out.str();
}

using Members = std::vector<std::string>;

std::string list_text(const Members& members) {
    std::string list;
    for (const std::string& member : members) list += (list.empty() ? "" : ", ") + quoted(member);
    return "[" + list + "]";
}

/// The text when it parses to a directory that differs from `before` in these members only.
bool is_exactly(const std::string& text, const std::string& file, const DirectoryText& before, const std::string& group, const Members& wanted) {
    try {
        const DirectoryText after = parse_directory(text, file);
        if (after.people.size() != before.people.size() || after.groups.size() != before.groups.size()) return false;
        for (const auto& [name, entry] : before.groups) {
            const auto found = after.groups.find(name);
            if (found == after.groups.end() || found->second.members != (name == group ? wanted : entry.members)) return false;
        }
        return true;
    } catch (const FileFault&) {
        return false;
    }
}

/// The smallest edit of the list; whether it was right is judged by reading it again.
std::optional<std::string> small_edit(const std::string& text, const toml::array& list, std::optional<std::size_t> removed, const std::string& added) {
    std::string edited = text;
    const auto begin_of = [&](std::size_t index) { return offset_of(text, list[index].source().begin); };
    const auto end_of = [&](std::size_t index) { return offset_of(text, list[index].source().end); };
    if (!removed) {
        if (list.empty()) return std::nullopt;
        edited.insert(end_of(list.size() - 1), ", " + quoted(added));
        return edited;
    }
    if (list.size() == 1) return std::nullopt;
    const bool is_last = *removed + 1 == list.size();
    const std::size_t from = is_last ? end_of(*removed - 1) : begin_of(*removed);
    const std::size_t to = is_last ? end_of(*removed) : begin_of(*removed + 1);
    if (to <= from || to > edited.size()) return std::nullopt;
    edited.erase(from, to - from);
    return edited;
}

std::string edit(const std::string& text, const std::string& file, const std::string& group, const std::string& login, bool must_be_there) {
    const DirectoryText before = parse_directory(text, file);
    const toml::table root = toml::parse(text, file);
    const toml::table& table = group_table(root, file, group);
    Members wanted = before.groups.at(group).members;
    const auto found = std::find(wanted.begin(), wanted.end(), login);
    if ((found != wanted.end()) == must_be_there) return text;
    std::optional<std::size_t> removed;
    if (must_be_there) {
        wanted.push_back(login);
    } else {
        removed = static_cast<std::size_t>(found - wanted.begin());
        wanted.erase(found);
    }
    const toml::array* list = table["members"].as_array();
    if (list == nullptr) {
        // No `members` yet: a line of its own below the name.
        std::string edited = text;
        const std::size_t name_end = offset_of(text, table["name"].node()->source().end);
        const std::size_t line_end = std::min(text.find('\n', name_end), text.size());
        edited.insert(line_end, "\nmembers = " + list_text(wanted));
        if (is_exactly(edited, file, before, group, wanted)) return edited;
        throw FileFault(file + ": this group cannot be edited safely; give it `members = []`");
    }
    if (const auto edited = small_edit(text, *list, removed, login); edited && is_exactly(*edited, file, before, group, wanted)) return *edited;
    std::string edited = text;
    const std::size_t from = offset_of(text, list->source().begin);
    edited.replace(from, offset_of(text, list->source().end) - from, list_text(wanted));
    if (is_exactly(edited, file, before, group, wanted)) return edited;
    throw FileFault(file + ": the members of this group cannot be edited safely; write them as a plain list");
}

}  // namespace

std::string with_member(const std::string& text, const std::string& file, const std::string& group, const std::string& login) {
    return edit(text, file, group, login, true);
}

std::string without_member(const std::string& text, const std::string& file, const std::string& group, const std::string& login) {
    return edit(text, file, group, login, false);
}

}  // namespace stint::directory_embedded
