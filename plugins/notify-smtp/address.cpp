// RFC 5321 (addresses), 5322 (headers), 2047 (text that is not ASCII); see address.hpp.
#include "plugins/notify-smtp/address.hpp"

#include "plugins/sdk/plain_line.hpp"

#include <algorithm>

namespace stint::notify_smtp {
namespace {

constexpr std::size_t longest_subject = 512;    // bytes of UTF-8
constexpr std::size_t encoded_word_bytes = 45;  // 60 in base64; an encoded word has 75 at most (RFC 2047, 2)

bool is_alnum(char one) { return (one >= '0' && one <= '9') || (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z'); }
bool is_atom(char one) { return is_alnum(one) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(one) != std::string_view::npos; }
bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char one) { return one >= 0x20 && one < 0x7f; });
}

/// Means what it says: "=?" would be taken for an encoded word, also between quotes, where RFC 2047 (5) knows none.
bool is_literal(std::string_view text) { return is_ascii(text) && text.find("=?") == std::string_view::npos; }

/// Labels between single dots, each of characters that `is_good`.
template <class Good>
bool is_dotted(std::string_view text, Good is_good) {
    bool was_dot = true;
    for (const char one : text) {
        if (one == '.' ? was_dot : !is_good(one)) return false;
        was_dot = one == '.';
    }
    return !was_dot;
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        unsigned group = 0;
        for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i) out += at + i <= bytes.size() ? digits[group >> (18 - 6 * i) & 63U] : '=';
    }
    return out;
}

std::string encoded_words(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        std::size_t count = std::min(text.size(), encoded_word_bytes);
        while (count < text.size() && (static_cast<unsigned char>(text[count]) & 0xC0) == 0x80) --count;  // whole characters (RFC 2047, 5)
        if (!out.empty()) out += "\r\n ";
        out += "=?UTF-8?B?" + base64(text.substr(0, count)) + "?=";
        text.remove_prefix(count);
    }
    return out;
}

}  // namespace

bool is_host(std::string_view text) {
    return text.size() <= 255 && is_dotted(text, [](char one) { return is_alnum(one) || one == '-' || one == '_'; });
}

bool is_address(std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (text.size() > 254 || at == std::string_view::npos || at > 64) return false;
    return is_dotted(text.substr(0, at), is_atom) && is_host(text.substr(at + 1));
}

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

std::optional<Mailbox> parse_mailbox(std::string_view text) {
    Mailbox mailbox;
    if (text.ends_with('>')) {
        const std::size_t open = text.rfind('<');
        if (open == std::string_view::npos) return std::nullopt;
        std::string_view name = text.substr(0, open);
        while (name.ends_with(' ')) name.remove_suffix(1);
        if (sdk::one_line(name) != name || name.find_first_of("<>\"") != std::string_view::npos) return std::nullopt;
        mailbox.name = name;
        text = text.substr(open + 1, text.size() - open - 2);
    }
    if (!is_address(text)) return std::nullopt;
    mailbox.address = text;
    return mailbox;
}

std::string header_text(std::string_view text) {
    const std::string clean = sdk::one_line(text, longest_subject);
    // A long line has to be folded, which encoded words allow anywhere.
    if (is_literal(clean) && clean.size() <= 200) return clean;
    return encoded_words(clean);
}

std::string to_header(const Mailbox& mailbox) {
    const std::string name = sdk::one_line(mailbox.name, 200);
    if (name.empty()) return "<" + mailbox.address + ">";
    if (!is_literal(name)) return encoded_words(name) + " <" + mailbox.address + ">";
    std::string quoted = "\"";
    for (const char one : name) {
        if (one == '"' || one == '\\') quoted += '\\';
        quoted += one;
    }
    return quoted + "\" <" + mailbox.address + ">";
}

}  // namespace stint::notify_smtp
