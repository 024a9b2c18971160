// What a shell is told so that it can complete a command line. Made from the table of verbs; asks no broker.
#pragma once

#include <string>
#include <string_view>

namespace stint::cli {

/// The script for `bash`, `zsh` or `fish`, to be read by that shell. Throws std::invalid_argument for another one.
[[nodiscard]] std::string completion_script(std::string_view shell);

}  // namespace stint::cli
