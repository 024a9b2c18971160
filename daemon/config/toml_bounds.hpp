// A look over TOML before it is parsed: refuses nesting that only an attack would have, and control characters.
// The parser bounds brackets but not dotted keys, and a table thousands deep overflows the stack when it is
// taken down; and it asserts on a zero byte after a key (toml++ 3.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stint::config {

inline constexpr int deepest_brackets = 16;
inline constexpr int most_dots_in_line = 64;

struct BoundFault {
    unsigned line = 1;
    std::string what;
};

/// nullopt when the text keeps within the bounds. Says nothing on whether it is TOML.
[[nodiscard]] std::optional<BoundFault> find_excess(std::string_view text);

}  // namespace stint::config
