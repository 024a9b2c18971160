// Tables for a terminal of any width: measured in columns, wide and combining characters included, cut with "…".
// Escapes every cell, so that nothing a stranger wrote reaches the terminal raw.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stint::cli {

/// How many columns the text takes on a terminal.
[[nodiscard]] std::size_t display_width(std::string_view utf8);
/// The text, cut to at most `width` columns with "…" at its end when it was longer.
[[nodiscard]] std::string truncated(std::string_view utf8, std::size_t width);

struct Column {
    std::string title;
    bool may_shrink = false;  ///< names and ids that one types again stay whole as long as they can
};

class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    /// One text a column. They are escaped here.
    void add(const std::vector<std::string>& cells);
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    /// Ends with a line break. `width` absent: as wide as it gets.
    [[nodiscard]] std::string text(std::optional<std::size_t> width) const;

private:
    [[nodiscard]] std::vector<std::size_t> widths(std::optional<std::size_t> width) const;
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace stint::cli
