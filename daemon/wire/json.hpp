// Bounded JSON: one way in, one way out, for every door. The only file that decides how deep and how long.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <string_view>

namespace stint::wire {

struct JsonLimits {
    std::size_t bytes = 16 * 1024;
    std::size_t depth = 8;
};

/// Parses a whole document. Throws std::invalid_argument that says what is wrong without repeating the input:
/// not JSON, too long, too deep, a number that is not finite, a key twice.
[[nodiscard]] boost::json::value parse_json(std::string_view text, JsonLimits limits = {});

}  // namespace stint::wire
