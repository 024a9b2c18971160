// What the asking verbs share with `run`.
#pragma once

#include "client/cli/arguments.hpp"
#include "core/command.hpp"

#include <string>

namespace stint::cli {

[[nodiscard]] FileRequest file_request_of(const Arguments& arguments);
/// One line from standard input without its end; throws Interrupted.
[[nodiscard]] std::string read_line();

}  // namespace stint::cli
