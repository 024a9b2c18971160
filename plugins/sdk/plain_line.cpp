// One character at a time, judged by the same rules as text that is typed (wire/plain_text.hpp).
#include "plugins/sdk/plain_line.hpp"

#include "daemon/wire/plain_text.hpp"

namespace stint::sdk {
namespace {

/// What the first byte promises (RFC 3629); 1 for a byte that can start nothing.
std::size_t promised_length(char first) {
    const auto byte = static_cast<unsigned char>(first);
    if (byte >= 0xC2 && byte <= 0xDF) return 2;
    if (byte >= 0xE0 && byte <= 0xEF) return 3;
    if (byte >= 0xF0 && byte <= 0xF4) return 4;
    return 1;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t limit) {
    std::string clean;
    while (!text.empty()) {
        std::string_view one = text.substr(0, promised_length(text.front()));
        const bool is_plain = wire::judge_text(one, 1) == wire::TextVerdict::plain;
        if (!is_plain) {
            // A whole character that is unwelcome counts once; a broken one is left byte by byte.
            bool is_whole = one.size() == promised_length(text.front());
            for (const char byte : one.substr(1)) is_whole = is_whole && (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
            if (!is_whole) one = text.substr(0, 1);
        }
        const std::string_view shown = is_plain ? one : std::string_view("?");
        if (clean.size() + shown.size() > limit) break;
        clean += shown;
        text.remove_prefix(one.size());
    }
    return clean;
}

}  // namespace stint::sdk
