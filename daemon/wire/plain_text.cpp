// The judgement of typed text, one code point at a time. Owns no limits and no wording.
#include "wire/plain_text.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace stint::wire {
namespace {

struct Decoded {
    char32_t point = 0;
    std::size_t length = 0;
};

/// How many bytes a sequence has, what its first byte carries, and the least it may encode (RFC 3629).
struct Lead {
    std::size_t length;
    unsigned bits;
    char32_t least;
};

std::optional<Lead> lead_of(unsigned char first) {
    if (first < 0x80) return Lead{1, first, 0};
    if (first >= 0xC2 && first <= 0xDF) return Lead{2, first & 0x1Fu, 0x80};
    if (first >= 0xE0 && first <= 0xEF) return Lead{3, first & 0x0Fu, 0x800};
    if (first >= 0xF0 && first <= 0xF4) return Lead{4, first & 0x07u, 0x10000};
    return std::nullopt;
}

std::optional<Decoded> decode(std::string_view text) {
    const auto lead = lead_of(static_cast<unsigned char>(text.front()));
    if (!lead || text.size() < lead->length) return std::nullopt;
    char32_t point = lead->bits;
    for (std::size_t i = 1; i < lead->length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0u) != 0x80u) return std::nullopt;
        point = (point << 6u) | (byte & 0x3Fu);
    }
    const bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point < lead->least || point > 0x10FFFF || is_surrogate) return std::nullopt;
    return Decoded{point, lead->length};
}

bool is_control(char32_t point) {
    return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x2028 || point == 0x2029;
}

/// Everything with the property Bidi_Control (UAX #9), and the invisible tag characters, which hide text.
bool is_deceptive(char32_t point) {
    return point == 0x061C || point == 0x200E || point == 0x200F || (point >= 0x202A && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069) || (point >= 0xE0000 && point <= 0xE007F);
}

bool is_space(char32_t point) {
    static constexpr std::array<char32_t, 10> single{0x20, 0xA0, 0x1680, 0x202F, 0x205F, 0x3000, 0x200B, 0x200C, 0x200D, 0xFEFF};
    for (const char32_t one : single)
        if (point == one) return true;
    return (point >= 0x09 && point <= 0x0D) || (point >= 0x2000 && point <= 0x200A);
}

}  // namespace

TextVerdict judge_text(std::string_view text, std::size_t limit) noexcept {
    std::size_t points = 0;
    while (!text.empty()) {
        const auto decoded = decode(text);
        if (!decoded || is_control(decoded->point) || is_deceptive(decoded->point)) return TextVerdict::not_allowed;
        if (++points > limit) return TextVerdict::too_long;
        text.remove_prefix(decoded->length);
    }
    return TextVerdict::plain;
}

bool is_blank(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto decoded = decode(text);
        if (!decoded || !is_space(decoded->point)) return false;
        text.remove_prefix(decoded->length);
    }
    return true;
}

}  // namespace stint::wire
