// A scanner that knows comments and the four kinds of strings, and counts the rest; see toml_bounds.hpp.
#include "config/toml_bounds.hpp"

#include <algorithm>

namespace stint::config {
namespace {

/// Where the string that begins at `at` ends (one past it). An unclosed one-line string ends with its line,
/// so that a wrong quote cannot hide what follows it from the count.
std::size_t end_of_string(std::string_view text, std::size_t at) {
    const char quote = text[at];
    const std::string_view three = quote == '"' ? R"(""")" : "'''";
    const bool is_long = text.substr(at, 3) == three;
    std::size_t i = at + (is_long ? 3 : 1);
    while (i < text.size()) {
        if (quote == '"' && text[i] == '\\') {
            i += 2;
        } else if (is_long && text.substr(i, 3) == three) {
            i += 3;
            // Up to two more quotes may belong to the content: """a""""" ends with a quote.
            while (i < text.size() && text[i] == quote) ++i;
            return i;
        } else if (!is_long && text[i] == quote) {
            return i + 1;
        } else if (!is_long && text[i] == '\n') {
            return i;
        } else {
            ++i;
        }
    }
    return text.size();
}

/// TOML allows no control characters but these three, in no place; the parser stumbles over some of them.
bool is_control(char one) {
    const auto byte = static_cast<unsigned char>(one);
    return (byte < 0x20 && one != '\t' && one != '\n' && one != '\r') || byte == 0x7F;
}

std::optional<BoundFault> find_control(std::string_view text) {
    const auto found = std::find_if(text.begin(), text.end(), is_control);
    if (found == text.end()) return std::nullopt;
    return BoundFault{static_cast<unsigned>(1 + std::count(text.begin(), found, '\n')), "a control character, which TOML does not allow"};
}

}  // namespace

std::optional<BoundFault> find_excess(std::string_view text) {
    if (auto control = find_control(text)) return control;
    unsigned line = 1;
    int dots = 0;
    int depth = 0;
    for (std::size_t i = 0; i < text.size();) {
        switch (text[i]) {
            case '#': i = std::min(text.find('\n', i), text.size()); continue;
            case '"':
            case '\'': {
                const std::size_t end = end_of_string(text, i);
                line += static_cast<unsigned>(std::count(text.begin() + static_cast<std::ptrdiff_t>(i), text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
                i = end;
                continue;
            }
            case '\n':
                ++line;
                dots = 0;
                break;
            case '.': ++dots; break;
            case '[':
            case '{': ++depth; break;
            case ']':
            case '}': depth = std::max(0, depth - 1); break;
        }
        if (dots > most_dots_in_line) return BoundFault{line, "more than " + std::to_string(most_dots_in_line) + " dots in one line: write it flatter"};
        if (depth > deepest_brackets) return BoundFault{line, "brackets nested deeper than " + std::to_string(deepest_brackets) + ": write it flatter"};
        ++i;
    }
    return std::nullopt;
}

}  // namespace stint::config
