// What may stand in a text that a person typed: plain, printable, bounded. Judges; never repairs.
#pragma once

#include <cstddef>
#include <string_view>

namespace stint::wire {

enum class TextVerdict {
    plain,
    too_long,     ///< more code points than allowed
    not_allowed,  ///< not UTF-8, a control character, a line or paragraph separator, or a bidirectional control
};

/// `limit` counts Unicode code points. Overlong forms and surrogates are not UTF-8 (RFC 3629).
[[nodiscard]] TextVerdict judge_text(std::string_view text, std::size_t limit) noexcept;

/// Nothing in it but white space, Unicode's kinds included.
[[nodiscard]] bool is_blank(std::string_view text) noexcept;

}  // namespace stint::wire
