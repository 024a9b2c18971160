// Text from elsewhere as one harmless line, for files and mails that people read.
#pragma once

#include <string>
#include <string_view>

namespace stint::sdk {

/// Control characters, line and paragraph separators, bidirectional controls, invisible tags and what is not UTF-8
/// become `?`, one for each character. At most `limit` bytes; never cut inside a character.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t limit = 1024);

}  // namespace stint::sdk
