// How one verb's help is laid out: usage, arguments, its own options, then those of every verb; 80 columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stint::cli {

struct Verb;

constexpr std::size_t help_width = 80;

/// What `stint VERB --help` prints.
[[nodiscard]] std::string help_of(const Verb& verb);
/// `text` broken between words so that no line is longer than the help's width. `at` is the column it starts at;
/// further lines start at `indent`. A word that is longer than a line stays whole.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t at, std::size_t indent);

}  // namespace stint::cli
