// Text from elsewhere as UTF-8. Judges no meaning and hides nothing: plain_line.hpp does, for what people read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stint::sdk {

/// Overlong forms and surrogates are not UTF-8 (RFC 3629).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Each byte that belongs to no character becomes U+FFFD. At most `limit` bytes; never cut inside a character.
[[nodiscard]] std::string as_utf8(std::string_view text, std::size_t limit = std::string::npos);

}  // namespace stint::sdk
