// Where the parts of a TOML list of strings stand in the text: what an edit has to know that a parser does not tell.
// Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace stint::directory_embedded {

/// Byte offsets into the text.
struct ListPlaces {
    struct Item {
        std::size_t begin = 0, end = 0;    ///< of the string, its quotes included
        std::optional<std::size_t> comma;  ///< the one after it
    };
    std::size_t open = 0, close = 0;  ///< the brackets
    std::vector<Item> items;
};

/// Scans the list that opens at `open`. nullopt when it is not a closed list of strings.
[[nodiscard]] std::optional<ListPlaces> scan_list(std::string_view text, std::size_t open);

}  // namespace stint::directory_embedded
