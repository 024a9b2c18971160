// The rows. A new kind of directory is a new row, and a value that no row has yet.
#include "plugins/directory-ldap/dialect.hpp"

#include "plugins/directory-ldap/dn.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <stdexcept>

namespace stint::directory_ldap {
namespace {

using namespace std::chrono_literals;
using Now = std::chrono::system_clock::time_point;

constexpr std::string_view assertion = "1.3.6.1.1.12", post_read = "1.3.6.1.1.13.2", values_filter = "1.2.826.0.1.3344810.2.3";
constexpr std::string_view domain_scope = "1.2.840.113556.1.4.1339";  // no referrals to the other partitions
constexpr std::string_view bit_and = "1.2.840.113556.1.4.803", active_directory = "1.2.840.113556.1.4.800";

constexpr std::array openldap_classes{
    GroupClass{"groupOfNames", "member", true},          GroupClass{"groupOfMembers", "member", false},
    GroupClass{"groupOfEntries", "member", false},       GroupClass{"groupOfUniqueNames", "uniqueMember", true},
    GroupClass{"posixGroup", "memberUid", false},
};
constexpr std::array ad_classes{GroupClass{"group", "member", false}};
constexpr std::array ds389_classes{  // its schema lets the first two be empty
    GroupClass{"groupOfNames", "member", false},
    GroupClass{"groupOfUniqueNames", "uniqueMember", false},
    GroupClass{"posixGroup", "memberUid", false},
};

/// GeneralizedTime (RFC 4517, 3.3.13).
std::string generalized_time(Now now) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm utc{};
    std::array<char, 32> text{};
    ::gmtime_r(&seconds, &utc);
    return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%d%H%M%SZ", &utc)};
}

/// An administrator's lock (a lock after wrong passwords has another value and does not disable), or outside the time
/// the account is good for (both of OpenLDAP's ppolicy overlay).
Filter openldap_disabled(Now now, const std::string&) {
    const auto time = generalized_time(now);
    return Filter::any_of({Filter::equal("pwdAccountLockedTime", "000001010000Z"), Filter::at_most("pwdEndTime", time), Filter::at_least("pwdStartTime", time)});
}

/// ACCOUNTDISABLE, or past accountExpires: 100 ns since 1601, where 0 and 2^63 - 1 mean never (MS-ADA1 2.3).
Filter ad_disabled(Now now, const std::string&) {
    constexpr auto since_1601 = 11'644'473'600s;
    const auto ticks = (std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()) + since_1601).count() * 10'000'000;
    return Filter::any_of({Filter::matching("userAccountControl", bit_and, "2"),
                           Filter::all_of({Filter::at_least("accountExpires", "1"), Filter::at_most("accountExpires", std::to_string(ticks))})});
}

/// nsAccountLock may be the entry's own or come from a role; the roles of ns-inactivate.pl are named for servers that
/// do not derive it.
Filter ds389_disabled(Now, const std::string& suffix) {
    std::vector<Filter> any{Filter::equal("nsAccountLock", "true")};
    if (!suffix.empty()) {
        any.push_back(Filter::equal("nsRoleDN", "cn=nsManagedDisabledRole," + suffix));
        any.push_back(Filter::equal("nsRole", "cn=nsDisabledRole," + suffix));
    }
    return Filter::any_of(any);
}

constexpr std::array<std::string_view, 1> openldap_kinship{"gidNumber"};
constexpr std::array<std::string_view, 3> ad_kinship{"objectSid", "primaryGroupID", "memberOf"};
constexpr std::array<std::string_view, 2> ds389_kinship{"gidNumber", "memberOf"};
constexpr std::array openldap_controls{assertion, values_filter};
constexpr std::array ad_controls{domain_scope};
constexpr std::array ds389_controls{post_read};
constexpr std::array<std::string_view, 1> openldap_capabilities{"assertion"};
constexpr std::array<std::string_view, 2> ad_capabilities{"assertion", "nested_groups"};
constexpr std::array<std::string_view, 1> ds389_capabilities{"nested_groups"};

const std::array dialects{
    Dialect{.flavour = "openldap", .title = "OpenLDAP", .id_attribute = "entryUUID", .id_form = IdForm::uuid, .login_attribute = "uid",
            .person_filter = "", .kinship_attributes = openldap_kinship, .group_classes = openldap_classes, .guard = WriteGuard::assertion, .is_named_by_id = false,
            .has_values_filter = true, .nesting = Nesting::none, .absent_code = 0, .range_step = 0, .search_control = "",
            .needed_controls = openldap_controls, .capabilities = openldap_capabilities, .disabled = openldap_disabled},
    Dialect{.flavour = "active-directory", .title = "Active Directory", .id_attribute = "objectGUID", .id_form = IdForm::guid_bytes,
            .login_attribute = "sAMAccountName", .person_filter = "(&(objectCategory=person)(objectClass=user))", .kinship_attributes = ad_kinship, .group_classes = ad_classes,
            .guard = WriteGuard::address, .is_named_by_id = true, .has_values_filter = false, .nesting = Nesting::upward, .absent_code = 53, .range_step = 1500,
            .search_control = domain_scope, .needed_controls = ad_controls, .capabilities = ad_capabilities, .disabled = ad_disabled},
    Dialect{.flavour = "389ds", .title = "389 Directory Server", .id_attribute = "nsUniqueId", .id_form = IdForm::quads, .login_attribute = "uid",
            .person_filter = "", .kinship_attributes = ds389_kinship, .group_classes = ds389_classes, .guard = WriteGuard::post_read, .is_named_by_id = false,
            .has_values_filter = false, .nesting = Nesting::member_of, .absent_code = 0, .range_step = 0, .search_control = "",
            .needed_controls = ds389_controls, .capabilities = ds389_capabilities, .disabled = ds389_disabled},
};

bool holds(const Entry& entry, const std::string& attribute, std::string_view value) {
    const auto& all = entry.all(attribute);
    return std::ranges::find_if(all, [&](const std::string& one) { return folded(one) == folded(value); }) != all.end();
}

/// What the server says it is; nullptr when it is none of them.
const Dialect* dialect_of(const Entry& root) {
    if (holds(root, "objectClass", "OpenLDAProotDSE")) return find_dialect("openldap");
    if (holds(root, "supportedCapabilities", active_directory)) return find_dialect("active-directory");
    const auto vendor = root.first("vendorName") + " " + root.first("vendorVersion");
    if (vendor.find("389") != std::string::npos) return find_dialect("389ds");
    return nullptr;
}

std::string suffix_of(const Entry& root, std::string_view people_base) {
    const auto base = Dn::parse(people_base);
    std::string longest;
    for (const auto& text : root.all("namingContexts")) {
        const auto context = Dn::parse(text);
        if (base && context && (base->key() == context->key() || base->is_under(*context)) && text.size() > longest.size()) longest = text;
    }
    return longest;
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Hex digits with hyphens where the shape has them, in lower case.
std::optional<std::string> checked_hex(std::string_view text, std::string_view shape) {
    if (text.size() != shape.size()) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        out += lower(text[i]);
        if (shape[i] == '-' ? out.back() != '-' : !is_hex(out.back())) return std::nullopt;
    }
    return out;
}

constexpr std::string_view uuid_shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", quads_shape = "xxxxxxxx-xxxxxxxx-xxxxxxxx-xxxxxxxx";
/// Where each byte of an objectGUID stands in its text (MS-DTYP 2.3.4.1).
constexpr std::array<std::size_t, 16> guid_order{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

constexpr std::string_view hex_digits = "0123456789abcdef";

std::string guid_text(std::string_view bytes) {
    if (bytes.size() != guid_order.size()) return "";
    std::string text;
    for (std::size_t i = 0; i < guid_order.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        const auto byte = static_cast<unsigned char>(bytes[guid_order[i]]);
        text += hex_digits[byte >> 4U];
        text += hex_digits[byte & 0x0FU];
    }
    return text;
}

std::string guid_bytes(const std::string& text) {
    std::string digits = text;
    std::erase(digits, '-');
    std::string bytes(guid_order.size(), '\0');
    for (std::size_t i = 0; i < guid_order.size(); ++i) {
        unsigned value = 0;
        std::from_chars(digits.data() + 2 * i, digits.data() + 2 * i + 2, value, 16);
        bytes[guid_order[i]] = static_cast<char>(value);
    }
    return bytes;
}

}  // namespace

std::string Dialect::id_of(const Entry& entry) const {
    const auto value = entry.first(std::string(id_attribute));
    return id_form == IdForm::guid_bytes ? guid_text(value) : checked_id(value).value_or("");
}

std::optional<std::string> Dialect::checked_id(std::string_view text) const {
    return checked_hex(text, id_form == IdForm::quads ? quads_shape : uuid_shape);
}

Filter Dialect::id_filter(const std::string& id) const { return Filter::equal(id_attribute, id_form == IdForm::guid_bytes ? guid_bytes(id) : id); }

std::string Dialect::name_of(const std::string& id, const std::string& dn) const { return is_named_by_id ? "<GUID=" + id + ">" : dn; }

std::string Dialect::kinds_of_groups() const {
    std::string out;
    for (const auto& one : group_classes) out += (out.empty() ? "" : ", ") + std::string(one.name);
    return out;
}

std::vector<std::string> root_attributes() {
    return {"objectClass", "supportedControl", "supportedCapabilities", "vendorName", "vendorVersion", "namingContexts", "dnsHostName"};
}

const Dialect* find_dialect(std::string_view flavour) {
    const auto found = std::ranges::find(dialects, flavour, &Dialect::flavour);
    return found == dialects.end() ? nullptr : &*found;
}

std::string known_flavours() {
    std::string out;
    for (const auto& one : dialects) out += (out.empty() ? "\"" : ", \"") + std::string(one.flavour) + "\"";
    return out;
}

Recognised recognise(const Entry& root, std::string_view flavour, std::string_view people_base) {
    const auto* dialect = dialect_of(root);
    const auto vendor = folded(root.first("vendorName") + " " + root.first("vendorVersion")).empty()
                            ? "" : root.first("vendorName") + " " + root.first("vendorVersion");
    if (dialect == nullptr)
        throw std::runtime_error("it is none of " + known_flavours() + (vendor.empty() ? "" : "; it calls itself " + escaped_for_filter(vendor)));
    if (flavour != "auto" && flavour != dialect->flavour)
        throw std::runtime_error("it is " + std::string(dialect->title) + ", and flavour = \"" + std::string(flavour) + "\"; write \"" +
                                 std::string(dialect->flavour) + "\" or \"auto\"");
    for (const auto& control : dialect->needed_controls)
        if (!holds(root, "supportedControl", control))
            throw std::runtime_error("it is " + std::string(dialect->title) + " and lacks the control " + std::string(control) + ", without which nothing is written");
    return {.dialect = dialect, .suffix = suffix_of(root, people_base), .vendor = vendor};
}

std::optional<std::string> primary_group_sid(std::string_view person_sid, std::string_view group_number) {
    constexpr std::size_t head = 8, part = 4;  // revision, count of parts, authority; then the parts, little-endian
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(group_number.data(), group_number.data() + group_number.size(), number);
    const bool is_number = error == std::errc() && end == group_number.data() + group_number.size() && !group_number.empty();
    if (!is_number || person_sid.size() < head + part || person_sid.size() != head + part * static_cast<unsigned char>(person_sid[1])) return std::nullopt;
    std::string sid(person_sid.substr(0, person_sid.size() - part));
    for (std::size_t i = 0; i < part; ++i) sid += static_cast<char>(number >> (8U * i) & 0xFFU);
    return sid;
}

}  // namespace stint::directory_ldap
