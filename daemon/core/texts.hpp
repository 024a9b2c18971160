// Reading an enum back from its text: the inverse of every to_text in this room.
#pragma once

#include <optional>
#include <string_view>

namespace stint {

/// Works for every enum here: values count from 0 and to_text answers "" past the last.
template <class Enum>
[[nodiscard]] std::optional<Enum> from_text(std::string_view text) {
    if (text.empty()) return std::nullopt;
    for (int value = 0;; ++value) {
        const std::string_view name = to_text(static_cast<Enum>(value));
        if (name.empty()) return std::nullopt;
        if (name == text) return static_cast<Enum>(value);
    }
}

}  // namespace stint
