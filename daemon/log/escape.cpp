// Text made safe for a terminal and for one line of a log. A file of its own: the client links it without spdlog.
#include "log/log.hpp"

namespace stint::log {

namespace {

/// One character at the front of a text: its code point and length, or how it is not UTF-8.
struct Decoded {
    char32_t point = 0;
    std::size_t length = 1;
    bool is_valid = false;
};

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
Decoded decode(std::string_view text) {
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

// What could move a terminal's cursor, end a line of the log, or turn the direction of writing.
bool is_dangerous(char32_t point) {
    return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x061C || point == 0x200E || point == 0x200F ||
           (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

void append_hex(std::string& out, char letter, unsigned number, unsigned digits) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '\\';
    out += letter;
    for (unsigned left = digits; left > 0; --left) out += hex[(number >> (4U * (left - 1U))) & 0xFU];
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Decoded next = decode(text);
        if (!next.is_valid) {
            append_hex(out, 'x', byte_at(text, 0), 2);
        } else if (next.point == U'\\') {
            out += "\\\\";
        } else if (!is_dangerous(next.point)) {
            out += text.substr(0, next.length);
        } else if (next.length == 1) {
            append_hex(out, 'x', static_cast<unsigned>(next.point), 2);
        } else {
            append_hex(out, 'u', static_cast<unsigned>(next.point), 4);
        }
        text.remove_prefix(next.length);
    }
    return out;
}

}  // namespace stint::log
