// Escaping by RFC 4514 and RFC 4515, byte for byte. Pure; judged by round trips in tests/unit/ldap.
#include "plugins/directory-ldap/escape.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace stint::directory_ldap {
namespace {

void append_hex(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    out += '\\';
    out += digits[byte >> 4U];
    out += digits[byte & 0x0FU];
}

bool is_plain(char c) { return c >= 0x20 && c < 0x7F; }

std::string checked(std::string_view attribute) {
    if (!is_attribute_name(attribute)) throw std::invalid_argument("not an attribute's name: " + escaped_for_filter(attribute));
    return std::string(attribute);
}

std::string joined(char sign, const std::vector<Filter>& parts) {
    if (parts.empty()) throw std::invalid_argument("a filter of no parts");
    if (parts.size() == 1) return parts.front().text();
    std::string text = std::string("(") + sign;
    for (const auto& part : parts) text += part.text();
    return text + ")";
}

}  // namespace

bool is_attribute_name(std::string_view text) {
    if (text.empty() || text.size() > 128) return false;
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (is_digit(text.front())) return std::ranges::all_of(text, [&](char c) { return is_digit(c) || c == '.'; });
    return is_letter(text.front()) &&
           std::ranges::all_of(text, [&](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == ';'; });
}

std::string escaped_for_filter(std::string_view value) {
    std::string out;
    out.reserve(value.size() + 8);
    for (const char c : value) {
        if (is_plain(c) && c != '*' && c != '(' && c != ')' && c != '\\') out += c;
        else append_hex(out, c);
    }
    return out;
}

std::string escaped_for_dn(std::string_view value) {
    std::string out;
    out.reserve(value.size() + 8);
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        const bool is_edge_space = c == ' ' && (i == 0 || i + 1 == value.size());
        const bool is_leading_hash = c == '#' && i == 0;
        if (is_edge_space || is_leading_hash || std::string_view(",+\"\\<>;=").find(c) != std::string_view::npos) {
            out += '\\';
            out += c;
        } else if (is_plain(c)) {
            out += c;
        } else {
            append_hex(out, c);
        }
    }
    return out;
}

std::string rdn(std::string_view attribute, std::string_view value) { return checked(attribute) + "=" + escaped_for_dn(value); }

Filter Filter::equal(std::string_view attribute, std::string_view value) {
    return Filter("(" + checked(attribute) + "=" + escaped_for_filter(value) + ")");
}

Filter Filter::at_least(std::string_view attribute, std::string_view value) {
    return Filter("(" + checked(attribute) + ">=" + escaped_for_filter(value) + ")");
}

Filter Filter::at_most(std::string_view attribute, std::string_view value) {
    return Filter("(" + checked(attribute) + "<=" + escaped_for_filter(value) + ")");
}

Filter Filter::matching(std::string_view attribute, std::string_view rule, std::string_view value) {
    return Filter("(" + checked(attribute) + ":" + checked(rule) + ":=" + escaped_for_filter(value) + ")");
}

Filter Filter::present(std::string_view attribute) { return Filter("(" + checked(attribute) + "=*)"); }
Filter Filter::all_of(const std::vector<Filter>& parts) { return Filter(joined('&', parts)); }
Filter Filter::any_of(const std::vector<Filter>& parts) { return Filter(joined('|', parts)); }

Filter Filter::from_settings(std::string_view text) {
    const auto refuse = [] { throw std::invalid_argument("must be one filter in parentheses, such as (employeeType=disabled)"); };
    if (text.size() < 3 || text.size() > 4096 || text.front() != '(') refuse();
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_plain(text[i])) refuse();
        if (text[i] == '(') ++depth;
        if (text[i] == ')' && --depth == 0 && i + 1 != text.size()) refuse();
        if (depth < 0) refuse();
    }
    if (depth != 0) refuse();
    return Filter(std::string(text));
}

}  // namespace stint::directory_ldap
