// What does not fit into a column of its own, as JSON: lists of texts, and effects. Read strictly, bounded by
// what SQLite lets through; a text that was never written this way is a StoreFault.
#pragma once

#include "core/effect.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace stint {

[[nodiscard]] std::string list_to_json(const std::vector<std::string>& list);
[[nodiscard]] std::vector<std::string> list_from_json(std::string_view text);
[[nodiscard]] std::string effect_to_json(const Effect& effect);
[[nodiscard]] Effect effect_from_json(std::string_view text);

}  // namespace stint
