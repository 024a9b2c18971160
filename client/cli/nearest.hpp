// The right word that a mistyped one most likely stood for.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stint::cli {

/// Insertions, deletions, changes and swapped neighbours that lead from one word to the other.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);
/// The candidate nearest to `word`, if any is near enough to have been meant.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);
/// "; did you mean `list`" to go on a sentence with, or "".
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace stint::cli
