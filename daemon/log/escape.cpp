// Text made safe for a terminal and for one line of a log. A file of its own: the client links it without spdlog.
#include "log/characters.hpp"
#include "log/log.hpp"

#include <array>

namespace stint::log {

namespace {

struct Range {
    char32_t first, last;
};

// DerivedCoreProperties.txt (Unicode 15) under Default_Ignorable_Code_Point, and what ends lines or annotates.
constexpr std::array<Range, 19> dangerous{{
    {0x00, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, {0x34F, 0x34F}, {0x61C, 0x61C}, {0x115F, 0x1160}, {0x17B4, 0x17B5},
    {0x180B, 0x180F}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
}};

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

void append_hex(std::string& out, char letter, unsigned number, unsigned digits) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '\\';
    out += letter;
    for (unsigned left = digits; left > 0; --left) out += hex[(number >> (4U * (left - 1U))) & 0xFU];
}

}  // namespace

Character first_character(std::string_view text) noexcept {
    const unsigned first = byte_at(text, 0);
    if (first < 0x80U) return {static_cast<char32_t>(first), 1, true};
    std::size_t length = 0;
    unsigned point = 0, smallest = 0;
    if (first >= 0xC2U && first <= 0xDFU) {
        length = 2, point = first & 0x1FU, smallest = 0x80U;
    } else if (first >= 0xE0U && first <= 0xEFU) {
        length = 3, point = first & 0x0FU, smallest = 0x800U;
    } else if (first >= 0xF0U && first <= 0xF4U) {
        length = 4, point = first & 0x07U, smallest = 0x10000U;
    } else {
        return {};
    }
    if (text.size() < length) return {};
    for (std::size_t at = 1; at < length; ++at) {
        const unsigned next = byte_at(text, at);
        if ((next & 0xC0U) != 0x80U) return {};
        point = (point << 6U) | (next & 0x3FU);
    }
    if (point < smallest || point > 0x10FFFFU || (point >= 0xD800U && point <= 0xDFFFU)) return {};
    return {static_cast<char32_t>(point), length, true};
}

bool is_dangerous(char32_t point) noexcept {
    for (const Range& range : dangerous) {
        if (point <= range.last) return point >= range.first;
    }
    return false;
}

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character next = first_character(text);
        if (!next.is_valid) {
            append_hex(out, 'x', byte_at(text, 0), 2);
        } else if (next.point == U'\\') {
            out += "\\\\";
        } else if (!is_dangerous(next.point)) {
            out += text.substr(0, next.length);
        } else if (next.length == 1) {
            append_hex(out, 'x', static_cast<unsigned>(next.point), 2);
        } else if (next.length < 4) {
            append_hex(out, 'u', static_cast<unsigned>(next.point), 4);
        } else {
            append_hex(out, 'U', static_cast<unsigned>(next.point), 8);
        }
        text.remove_prefix(next.length);
    }
    return out;
}

}  // namespace stint::log
