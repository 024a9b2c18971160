// The whole story of a request, as `show` tells it, and the commands that its reader may type next. Escaped.
#pragma once

#include "core/view.hpp"

#include <string>
#include <vector>

namespace stint::cli {

[[nodiscard]] std::string story_of(const RequestView& request, Utc now);
/// What a dry run has learned: what would be filed, the rules it keeps, and who would be asked.
[[nodiscard]] std::string forecast_of(const RequestView& request, Utc now);
/// One command a line for each thing the caller may do with it.
[[nodiscard]] std::vector<std::string> next_commands(const RequestView& request);

}  // namespace stint::cli
