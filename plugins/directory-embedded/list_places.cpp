// A scanner for the four kinds of strings, comments, commas and brackets (TOML 1.0); see list_places.hpp.
#include "plugins/directory-embedded/list_places.hpp"

namespace stint::directory_embedded {
namespace {

/// The offset behind the string that begins at `at`; npos when it does not end.
std::size_t end_of_string(std::string_view text, std::size_t at) {
    const char quote = text[at];
    const std::string_view three = quote == '"' ? R"(""")" : "'''";
    const bool is_long = text.substr(at, 3) == three;
    at += is_long ? 3 : 1;
    while (at < text.size()) {
        if (text[at] == '\\' && quote == '"') {
            at += 2;
        } else if (text[at] != quote) {
            if (text[at] == '\n' && !is_long) return std::string_view::npos;
            ++at;
        } else if (!is_long) {
            return at + 1;
        } else if (text.substr(at, 3) == three) {
            at += 3;
            for (int more = 0; more < 2 && at < text.size() && text[at] == quote; ++more) ++at;  // """a""""" ends with two
            return at;
        } else {
            ++at;
        }
    }
    return std::string_view::npos;
}

}  // namespace

std::optional<ListPlaces> scan_list(std::string_view text, std::size_t open) {
    if (open >= text.size() || text[open] != '[') return std::nullopt;
    ListPlaces places;
    places.open = open;
    std::size_t at = open + 1;
    while (at < text.size()) {
        const char one = text[at];
        if (one == ']') {
            places.close = at;
            return places;
        }
        if (one == '#') {
            at = text.find('\n', at);
            if (at == std::string_view::npos) return std::nullopt;
        } else if (one == ',') {
            if (places.items.empty() || places.items.back().comma) return std::nullopt;
            places.items.back().comma = at++;
        } else if (one == '"' || one == '\'') {
            if (!places.items.empty() && !places.items.back().comma) return std::nullopt;
            const std::size_t end = end_of_string(text, at);
            if (end == std::string_view::npos) return std::nullopt;
            places.items.push_back({at, end, std::nullopt});
            at = end;
        } else if (one == ' ' || one == '\t' || one == '\r' || one == '\n') {
            ++at;
        } else {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace stint::directory_embedded
