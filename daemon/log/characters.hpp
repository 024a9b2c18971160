// One character of a text at a time, and whether it may be shown as it is. Knows UTF-8 and Unicode's properties, and
// nothing of terminals, logs or JSON: how a dangerous one is written instead is for those who write.
#pragma once

#include <cstddef>
#include <string_view>

namespace stint::log {

struct Character {
    char32_t point = 0;      ///< 0 when it is not valid
    std::size_t length = 1;  ///< in bytes; 1 when it is not valid
    bool is_valid = false;   ///< UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF
};

/// The character at the front of a text that is not empty.
[[nodiscard]] Character first_character(std::string_view text) noexcept;

/// What moves a terminal's cursor or ends a line (C0, DEL, C1, U+2028/9), turns the direction of writing (Bidi_Control), or
/// cannot be seen, so that two different texts look alike (Default_Ignorable_Code_Point, interlinear annotations).
[[nodiscard]] bool is_dangerous(char32_t point) noexcept;

}  // namespace stint::log
