// A look over TOML before it is parsed, for the broker's files and for plugins'. The parser (toml++ 3.3) bounds nested
// brackets but not dotted keys, whose tables, thousands deep, overflow the stack when they are taken down; and it
// reaches "unreachable" code on some characters that are not ASCII where TOML allows none of them. What would lead
// there is refused here, in plainer words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stint::wire {

inline constexpr int deepest_brackets = 16;
inline constexpr int most_dots_in_line = 64;

struct TomlExcess {
    unsigned line = 1;
    std::string what;
};

/// nullopt when the text may be given to the parser. Says nothing on whether it is TOML.
[[nodiscard]] std::optional<TomlExcess> find_excess(std::string_view text);

}  // namespace stint::wire
