// Parsing and comparing DNs. Non-ASCII letters are compared byte for byte: too strict at worst.
#include "plugins/directory-ldap/dn.hpp"

#include "plugins/directory-ldap/escape.hpp"

#include <ldap.h>

#include <algorithm>

namespace stint::directory_ldap {
namespace {

constexpr std::size_t max_dn_bytes = 8192;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string text_of(const berval& value) { return value.bv_val == nullptr ? std::string() : std::string(value.bv_val, value.bv_len); }

/// Stands for itself in a name, whoever reads it.
bool is_simple(char c) {
    return c > 0x20 && c < 0x7F && std::string_view(",+\"\\<>;=#").find(c) == std::string_view::npos;
}

/// The key of a name that needs no taking apart: one assertion each, no escape, no space but between two simple characters.
/// nullopt: it is none of these, and may be no name at all.
std::optional<std::string> simple_key(std::string_view text) {
    if (text.empty() || text.size() > max_dn_bytes) return std::nullopt;
    std::string key;
    key.reserve(text.size());
    while (true) {
        const auto end = text.find(',');
        const auto part = text.substr(0, end);
        const auto sign = part.find('=');
        if (sign == std::string_view::npos || sign + 1 >= part.size()) return std::nullopt;
        if (!is_attribute_name(part.substr(0, sign)) || part.substr(0, sign).find(';') != std::string_view::npos) return std::nullopt;
        const auto value = part.substr(sign + 1);
        if (!is_simple(value.front()) || !is_simple(value.back())) return std::nullopt;
        for (const char c : part.substr(0, sign)) key += lower(c);
        key += '=';
        for (const char c : value) {
            if (c != ' ' && !is_simple(c)) return std::nullopt;
            if (c != ' ' || key.back() != ' ') key += lower(c);
        }
        if (end == std::string_view::npos) return key;
        key += ',';
        text.remove_prefix(end + 1);
    }
}

std::string text_of_rdn(const Dn::Rdn& assertions, bool is_key) {
    std::vector<std::string> parts;
    for (const auto& part : assertions) {
        const auto value = is_key ? folded(part.value) : part.value;
        parts.push_back(part.type + "=" + escaped_for_dn(value));
    }
    if (is_key) std::ranges::sort(parts);
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : "+") + part;
    return text;
}

}  // namespace

std::string folded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
        out += lower(c);
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

Dn::Dn(std::vector<Rdn> rdns) : rdns_(std::move(rdns)) {
    for (const auto& one : rdns_) {
        keys_.push_back(text_of_rdn(one, true));
        key_ += (key_.empty() ? "" : ",") + keys_.back();
    }
}

std::optional<Dn> Dn::parse(std::string_view text) {
    if (text.empty() || text.size() > max_dn_bytes) return std::nullopt;
    berval input{text.size(), const_cast<char*>(text.data())};
    LDAPDN parsed = nullptr;
    if (::ldap_bv2dn(&input, &parsed, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS || parsed == nullptr) return std::nullopt;
    std::vector<Rdn> rdns;
    bool is_usable = true;
    for (int i = 0; parsed[i] != nullptr; ++i) {
        Rdn one;
        for (int j = 0; parsed[i][j] != nullptr; ++j) {
            const auto& part = *parsed[i][j];
            auto type = text_of(part.la_attr);
            std::ranges::transform(type, type.begin(), lower);
            if (!is_attribute_name(type) || (part.la_flags & LDAP_AVA_BINARY) != 0) is_usable = false;
            one.push_back({std::move(type), text_of(part.la_value)});
        }
        rdns.push_back(std::move(one));
    }
    ::ldap_dnfree(parsed);
    if (!is_usable || rdns.empty()) return std::nullopt;
    return Dn(std::move(rdns));
}

std::string Dn::text() const {
    std::string text;
    for (const auto& one : rdns_) text += (text.empty() ? "" : ",") + text_of_rdn(one, false);
    return text;
}

bool Dn::is_under(const Dn& base) const {
    return keys_.size() > base.keys_.size() && std::equal(base.keys_.rbegin(), base.keys_.rend(), keys_.rbegin());
}

std::string Dn::rdn_value(std::string_view type) const {
    for (const auto& part : rdns_.front())
        if (part.type == folded(type)) return part.value;
    return "";
}

std::optional<Dn> common_base(const std::vector<Dn>& dns) {
    if (dns.empty()) return std::nullopt;
    std::size_t shared = dns.front().keys_.size();
    for (const auto& dn : dns) {
        std::size_t same = 0;
        while (same < shared && same < dn.keys_.size() && dn.keys_.rbegin()[static_cast<std::ptrdiff_t>(same)] ==
                                                              dns.front().keys_.rbegin()[static_cast<std::ptrdiff_t>(same)])
            ++same;
        shared = same;
    }
    if (shared == 0) return std::nullopt;
    const auto& rdns = dns.front().rdns_;
    return Dn({rdns.end() - static_cast<std::ptrdiff_t>(shared), rdns.end()});
}

std::optional<std::string> key_of(std::string_view text) {
    if (auto key = simple_key(text)) return key;
    const auto dn = Dn::parse(text);
    return dn ? std::optional(dn->key()) : std::nullopt;
}

std::string dn_key(std::string_view text) { return key_of(text).value_or(std::string(text)); }

bool is_under_key(std::string_view text, std::string_view base) {
    const auto key = key_of(text);
    // A comma or an equals sign within a value is escaped in a key: what follows a comma of the base's length is whole parts.
    return key && key->size() > base.size() + 1 && key->ends_with(base) && (*key)[key->size() - base.size() - 1] == ',';
}

std::optional<Assertion> simple_rdn(std::string_view text) {
    const auto part = text.substr(0, text.find(','));
    const auto key = simple_key(part);
    if (!key) return std::nullopt;
    const auto sign = part.find('=');
    return Assertion{key->substr(0, sign), std::string(part.substr(sign + 1))};
}

}  // namespace stint::directory_ldap
