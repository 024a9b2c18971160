// toml++ tells where the list begins, scan_list where its parts stand; the edit is the smallest that fits the way the
// list is written. Comments are never taken out. Whether it was right is judged by parsing the result.
#include "plugins/directory-embedded/members_edit.hpp"

#include "plugins/directory-embedded/directory_file.hpp"
#include "plugins/directory-embedded/list_places.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace stint::directory_embedded {

namespace {

constexpr std::string_view blanks = " \t";

/// Byte offset of a position; toml++ counts lines and code points from 1.
std::size_t offset_of(const std::string& text, const toml::source_position& position) {
    std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    for (toml::source_index line = 1; line < position.line; ++line) {
        at = text.find('\n', at);
        if (at == std::string::npos) return text.size();
        ++at;
    }
    for (toml::source_index column = 1; column < position.column && at < text.size(); ++column) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    }
    return at;
}

toml::table* group_table(toml::table& root, const std::string& group) {
    if (toml::array* groups = root["group"].as_array()) {
        for (toml::node& item : *groups) {
            toml::table* table = item.as_table();
            if (table != nullptr && (*table)["name"].value<std::string>() == group) return table;
        }
    }
    return nullptr;
}

/// A basic string. Logins are printable (directory_file.cpp), so two characters need care.
std::string quoted(const std::string& login) {
    std::string text = "\"";
    for (const char one : login) {
        if (one == '"' || one == '\\') text += '\\';
        text += one;
    }
    return text + "\"";
}

bool is_blank_between(const std::string& text, std::size_t from, std::size_t to) {
    return from <= to && text.find_first_not_of(blanks, from) >= to;
}

/// Where the line that holds `at` begins, when nothing but blanks stands before it; npos otherwise.
std::size_t own_line_begin(const std::string& text, std::size_t at) {
    const std::size_t newline = text.rfind('\n', at == 0 ? 0 : at - 1);
    const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
    return is_blank_between(text, begin, at) ? begin : std::string::npos;
}

std::string add_item(std::string text, const ListPlaces& list, const std::string& item) {
    if (list.items.empty()) return text.insert(list.open + 1, item);
    const ListPlaces::Item& last = list.items.back();
    const std::size_t line = own_line_begin(text, last.begin);
    if (line == std::string::npos || line <= list.open) return text.insert(last.end, ", " + item);
    const bool is_dos = line >= 2 && text[line - 2] == '\r';
    const std::string new_line = (is_dos ? "\r\n" : "\n") + text.substr(line, last.begin - line) + item;
    std::size_t line_end = text.find('\n', last.comma ? *last.comma : last.end);
    if (line_end == std::string::npos || line_end > list.close) return text.insert(last.end, "," + new_line);
    if (text[line_end - 1] == '\r') --line_end;
    text.insert(line_end, new_line + (last.comma ? "," : ""));  // what a person noted beside the last one stays beside it
    if (!last.comma) text.insert(last.end, ",");
    return text;
}

std::string take_item(std::string text, const ListPlaces& list, std::size_t index) {
    const ListPlaces::Item& item = list.items[index];
    std::vector<std::pair<std::size_t, std::size_t>> cuts;
    std::size_t from = item.begin;
    std::size_t to = item.end;
    if (item.comma && is_blank_between(text, item.end, *item.comma)) {
        to = *item.comma + 1;
    } else if (item.comma) {
        cuts.emplace_back(*item.comma, *item.comma + 1);
    }
    std::size_t before = index == 0 ? list.open + 1 : list.items[index - 1].comma.value_or(from) + 1;
    if (!item.comma && index > 0) {
        const ListPlaces::Item& previous = list.items[index - 1];
        cuts.emplace_back(*previous.comma, *previous.comma + 1);
    }
    const std::size_t line = own_line_begin(text, item.begin);
    const std::size_t line_end = text.find_first_not_of(" \t\r", to);
    const bool is_own_line = line != std::string::npos && line > list.open && line_end != std::string::npos && line_end < list.close;
    if (index + 1 < list.items.size() && is_blank_between(text, to, list.items[index + 1].begin)) {
        to = list.items[index + 1].begin;
    } else if (is_own_line && text[line_end] == '\n') {
        from = line;
        to = line_end + 1;
    } else if (index > 0 && is_blank_between(text, before, from)) {
        from = before;
    }
    cuts.emplace_back(from, to);
    std::sort(cuts.begin(), cuts.end(), std::greater<>());
    for (const auto& [begin, end] : cuts) text.erase(begin, end - begin);
    return text;
}

/// A group that has no list yet gets one behind its name.
std::string add_list(std::string text, const toml::table& group, const std::string& item) {
    const std::size_t name_begin = offset_of(text, group["name"].node()->source().begin);
    const std::size_t name_end = offset_of(text, group["name"].node()->source().end);
    const std::string list = "members = [" + item + "]";
    if (group.is_inline()) return text.insert(name_end, ", " + list);
    const std::size_t newline = name_begin == 0 ? std::string::npos : text.rfind('\n', name_begin - 1);
    const std::size_t line = newline == std::string::npos ? 0 : newline + 1;
    const std::string indent = text.substr(line, text.find_first_not_of(blanks, line) - line);
    std::size_t line_end = std::min(text.find('\n', name_end), text.size());
    const bool is_dos = line_end > 0 && line_end < text.size() && text[line_end - 1] == '\r';
    if (is_dos) --line_end;
    return text.insert(line_end, (is_dos ? "\r\n" : "\n") + indent + list);
}

/// The tables that the edited text must parse to.
void change(toml::table& group, const std::string& login, bool must_be_there) {
    if (!group.contains("members")) group.insert("members", toml::array{});
    toml::array& members = *group["members"].as_array();
    if (must_be_there) {
        members.push_back(login);
        return;
    }
    for (auto member = members.begin(); member != members.end(); ++member) {
        if (member->value<std::string>() == login) {
            members.erase(member);
            return;
        }
    }
}

std::string edit(const std::string& text, const std::string& file, const std::string& name, const std::string& login, bool must_be_there) {
    const DirectoryText directory = parse_directory(text, file);
    const auto found = directory.groups.find(name);
    if (found == directory.groups.end()) throw FileFault(file + ": has no such group");
    const std::vector<std::string>& members = found->second.members;
    const auto member = std::find(members.begin(), members.end(), login);
    if ((member != members.end()) == must_be_there) return text;
    toml::table root = toml::parse(text, file);
    toml::table& group = *group_table(root, name);
    const std::string fault = file + ":" + std::to_string(group.source().begin.line) +
                              ": the members of this group cannot be changed without touching more; write them as members = [\"a\", \"b\"]";
    std::string edited;
    if (const toml::array* list = group["members"].as_array()) {
        const auto places = scan_list(text, offset_of(text, list->source().begin));
        if (!places || places->items.size() != members.size()) throw FileFault(fault);
        edited = must_be_there ? add_item(text, *places, quoted(login))
                               : take_item(text, *places, static_cast<std::size_t>(member - members.begin()));
    } else {
        edited = add_list(text, group, quoted(login));
    }
    change(group, login, must_be_there);
    try {
        static_cast<void>(parse_directory(edited, file));
        if (toml::parse(edited, file) == root) return edited;
    } catch (const FileFault&) {
        throw FileFault(fault);
    }
    throw FileFault(fault);
}

}  // namespace

std::string with_member(const std::string& text, const std::string& file, const std::string& group, const std::string& login) {
    return edit(text, file, group, login, true);
}

std::string without_member(const std::string& text, const std::string& file, const std::string& group, const std::string& login) {
    return edit(text, file, group, login, false);
}

}  // namespace stint::directory_embedded
