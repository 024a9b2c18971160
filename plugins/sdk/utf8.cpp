// Table 3-7 of the Unicode Standard: which second byte may follow which first.
#include "plugins/sdk/utf8.hpp"

namespace stint::sdk {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

unsigned char byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Of the character that the text begins with; 0 when it begins with none.
std::size_t first_length(std::string_view text) {
    const auto first = byte_at(text, 0);
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (text.size() < length) return 0;
    const auto second = byte_at(text, 1);
    const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (second < least || second > most) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((byte_at(text, i) & 0xC0U) != 0x80U) return 0;
    return length;
}

/// Of the characters that the text begins with, until a byte that is none's.
std::size_t good_length(std::string_view text) {
    std::size_t good = 0;
    while (good < text.size()) {
        const auto length = first_length(text.substr(good));
        if (length == 0) break;
        good += length;
    }
    return good;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept { return good_length(text) == text.size(); }

std::string as_utf8(std::string_view text, std::size_t limit) {
    std::string out;
    while (!text.empty()) {
        const auto length = first_length(text);
        const auto one = length == 0 ? replacement : text.substr(0, length);
        if (one.size() > limit - out.size()) break;
        out += one;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

}  // namespace stint::sdk
