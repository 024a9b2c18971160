// Reads the verb's grammar, prints nothing itself. All of it is ASCII: bytes are columns.
#include "client/cli/help.hpp"

#include "client/cli/arguments.hpp"
#include "client/cli/verbs.hpp"

#include <algorithm>
#include <vector>

namespace stint::cli {
namespace {

constexpr std::size_t text_column = 29;
constexpr std::string_view everywhere = "Everywhere";

std::string with_value(std::string text, const OptionRow& row) { return row.value.empty() ? text : text + " " + row.value; }

/// "  -d, --duration DURATION", with the long names below each other.
std::string left_of(const OptionRow& row) {
    if (row.is_argument) return "  " + row.names.front();
    const bool is_short = row.names.front().size() == 2;
    std::string left = is_short ? "  " : "      ";
    for (const auto& name : row.names) left.append(&name == &row.names.front() ? "" : ", ").append(name);
    return with_value(left, row);
}

std::string usage_of(const Verb& verb, const std::vector<OptionRow>& rows) {
    std::string usage = "stint " + std::string(verb.name);
    for (const auto& row : rows) {
        if (row.is_argument) usage += row.is_required ? " " + row.names.front() : " [" + row.names.front() + "]";
    }
    for (const auto& row : rows) {
        if (!row.is_argument && row.is_required) usage += with_value(" " + row.names.front(), row);
    }
    usage += " [OPTION...]";
    return verb.behind.empty() ? usage : usage.append(" ").append(verb.behind);
}

void tell(std::string& page, const OptionRow& row) {
    std::string line = left_of(row);
    if (line.size() + 2 > text_column) {
        page += line + "\n";
        line.clear();
    }
    line.resize(text_column, ' ');
    page += line + wrapped(row.help, text_column, text_column) + "\n";
}

/// A command to be pasted: where it is too long, the shell is told that it goes on.
std::string example_of(std::string_view command) {
    std::string text = "  ";
    while (text.size() - (text.rfind('\n') + 1) + command.size() > help_width) {
        const std::size_t cut = command.rfind(" -", help_width - 8);
        if (cut == std::string_view::npos || cut == 0) break;
        text.append(command.substr(0, cut)).append(" \\\n     ");
        command.remove_prefix(cut);
    }
    return text.append(command).append("\n");
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t at, std::size_t indent) {
    std::string lines;
    for (bool is_first = true; !text.empty(); is_first = false) {
        const std::size_t space = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, space);
        text.remove_prefix(std::min(space + 1, text.size()));
        if (!is_first && at + 1 + word.size() > help_width) {
            lines.append("\n").append(indent, ' ');
            at = indent;
        } else if (!is_first) {
            lines += ' ';
            ++at;
        }
        lines += word;
        at += word.size();
    }
    return lines;
}

std::string help_of(const Verb& verb) {
    const auto rows = grammar_of(verb);
    std::string page = wrapped(verb.summary, 0, 0) + "\n\nUsage: " + wrapped(usage_of(verb, rows), 7, 11) + "\n";
    std::vector<std::string> groups;
    for (const auto& row : rows) {
        const bool is_known = row.group == everywhere || std::find(groups.begin(), groups.end(), row.group) != groups.end();
        if (!row.is_argument && !is_known) groups.push_back(row.group);
    }
    groups.emplace_back(everywhere);
    const bool has_arguments = std::any_of(rows.begin(), rows.end(), [](const OptionRow& row) { return row.is_argument; });
    if (has_arguments) page += "\n";
    for (const auto& row : rows) {
        if (row.is_argument) tell(page, row);
    }
    for (const auto& group : groups) {
        page += "\n" + group + ":\n";
        for (const auto& row : rows) {
            if (!row.is_argument && row.group == group) tell(page, row);
        }
    }
    if (!verb.example.empty()) page += "\nExample:\n" + example_of(verb.example);
    return page;
}

}  // namespace stint::cli
