// Widths come from wcwidth(3) in C.UTF-8, whatever the user's locale is: output is always UTF-8.
#include "client/cli/table.hpp"

#include "log/log.hpp"

#include <algorithm>
#include <clocale>
#include <cwchar>

namespace stint::cli {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::string_view ellipsis = "…";
constexpr std::size_t least_column = 4;

struct Glyph {
    std::size_t bytes, columns;
};

/// The first character; text was escaped before, so it is UTF-8. A stray byte counts as one column.
Glyph first_glyph(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {1, 1};
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (bytes == 1 || bytes > text.size()) return {1, 1};
    auto point = static_cast<char32_t>(lead & (0xFFU >> (bytes + 1)));
    for (std::size_t i = 1; i < bytes; ++i) point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    // Loaded only when something that is not ASCII is shown: it costs file system calls at start.
    static const bool has_locale = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
    const int width = has_locale ? ::wcwidth(static_cast<wchar_t>(point)) : 1;
    return {bytes, width < 0 ? std::size_t{1} : static_cast<std::size_t>(width)};
}

}  // namespace

std::size_t display_width(std::string_view utf8) {
    std::size_t width = 0;
    while (!utf8.empty()) {
        const Glyph glyph = first_glyph(utf8);
        width += glyph.columns;
        utf8.remove_prefix(glyph.bytes);
    }
    return width;
}

std::string truncated(std::string_view utf8, std::size_t width) {
    if (display_width(utf8) <= width) return std::string(utf8);
    if (width == 0) return {};
    std::string kept;
    std::size_t used = 0;
    while (!utf8.empty()) {
        const Glyph glyph = first_glyph(utf8);
        if (used + glyph.columns > width - 1) break;
        used += glyph.columns;
        kept += utf8.substr(0, glyph.bytes);
        utf8.remove_prefix(glyph.bytes);
    }
    return kept.append(ellipsis);
}

void Table::add(const std::vector<std::string>& cells) {
    auto& row = rows_.emplace_back();
    for (std::size_t i = 0; i < columns_.size(); ++i) row.push_back(i < cells.size() ? log::escaped(cells[i]) : std::string{});
}

std::vector<std::size_t> Table::widths(std::optional<std::size_t> width) const {
    std::vector<std::size_t> widths;
    std::size_t total = gap.size() * (columns_.size() - 1);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t widest = display_width(columns_[i].title);
        for (const auto& row : rows_) widest = std::max(widest, display_width(row[i]));
        widths.push_back(widest);
        total += widest;
    }
    if (!width) return widths;
    // First what may shrink, the widest first; then, on a very narrow terminal, everything.
    for (const bool is_everything : {false, true}) {
        while (total > *width) {
            std::size_t widest = columns_.size();
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                const bool may = (is_everything || columns_[i].may_shrink) && widths[i] > least_column;
                if (may && (widest == columns_.size() || widths[i] > widths[widest])) widest = i;
            }
            if (widest == columns_.size()) break;
            --widths[widest];
            --total;
        }
    }
    return widths;
}

std::string Table::text(std::optional<std::size_t> width) const {
    const auto columns = widths(width);
    std::string text;
    const auto put_line = [&](auto&& cell_of) {
        std::string line;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const std::string cell = truncated(cell_of(i), columns[i]);
            if (i > 0) line += gap;
            line += cell;
            line.append(columns[i] - display_width(cell), ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += (width ? truncated(line, *width) : line) + "\n";
    };
    put_line([&](std::size_t i) -> std::string_view { return columns_[i].title; });
    for (const auto& row : rows_) put_line([&](std::size_t i) -> std::string_view { return row[i]; });
    return text;
}

}  // namespace stint::cli
