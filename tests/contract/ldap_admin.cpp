// Straight calls of libldap, each with a limit.
#include "tests/contract/ldap_admin.hpp"

#include <ldap.h>

#include <map>
#include <stdexcept>
#include <string_view>

namespace stint::testing {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("the administrator: " + what); }

}  // namespace

LdapAdmin::~LdapAdmin() { drop_admin(); }

LDAP* LdapAdmin::connected(const std::string& url, const std::string& dn, std::string password) {
    LDAP* handle = nullptr;
    if (::ldap_initialize(&handle, url.c_str()) != LDAP_SUCCESS) fail("ldap_initialize");
    const int version = LDAP_VERSION3;
    const timeval limit{20, 0};
    ::ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);
    ::ldap_set_option(handle, LDAP_OPT_TIMEOUT, &limit);
    ::ldap_set_option(handle, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    if (dn.empty()) return handle;  // the socket is enough: who may open it is the administrator
    berval credentials{password.size(), password.data()};
    const int code = ::ldap_sasl_bind_s(handle, dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, nullptr);
    if (code != LDAP_SUCCESS) {
        ::ldap_unbind_ext_s(handle, nullptr, nullptr);
        fail(std::string("cannot bind: ") + ::ldap_err2string(code));
    }
    return handle;
}

LDAP* LdapAdmin::admin() {
    if (admin_ == nullptr) admin_ = connect();
    return admin_;
}

void LdapAdmin::drop_admin() {
    if (admin_ != nullptr) ::ldap_unbind_ext_s(admin_, nullptr, nullptr);
    admin_ = nullptr;
}

int LdapAdmin::modify(int operation, const std::string& dn, const std::string& attribute, const std::vector<std::string>& values) {
    std::vector<berval> data;
    std::vector<berval*> pointers;
    data.reserve(values.size());
    for (const auto& value : values) pointers.push_back(&data.emplace_back(berval{value.size(), const_cast<char*>(value.data())}));
    pointers.push_back(nullptr);
    LDAPMod change{};
    change.mod_op = operation | LDAP_MOD_BVALUES;
    change.mod_type = const_cast<char*>(attribute.c_str());
    change.mod_bvalues = pointers.data();
    LDAPMod* changes[] = {&change, nullptr};
    return ::ldap_modify_ext_s(admin(), dn.c_str(), changes, nullptr, nullptr);
}

int LdapAdmin::add_value(const std::string& dn, const std::string& attribute, const std::string& value) {
    return modify(LDAP_MOD_ADD, dn, attribute, {value});
}
int LdapAdmin::remove_value(const std::string& dn, const std::string& attribute, const std::string& value) {
    return modify(LDAP_MOD_DELETE, dn, attribute, {value});
}
int LdapAdmin::replace_value(const std::string& dn, const std::string& attribute, const std::string& value) {
    return modify(LDAP_MOD_REPLACE, dn, attribute, {value});
}
int LdapAdmin::replace_values(const std::string& dn, const std::string& attribute, const std::vector<std::string>& values) {
    return modify(LDAP_MOD_REPLACE, dn, attribute, values);
}

int LdapAdmin::add_entry(const std::string& dn, const Attributes& attributes) {
    std::map<std::string, std::vector<std::string>> grouped;
    for (const auto& [name, value] : attributes) grouped[name].push_back(value);
    std::vector<std::vector<char*>> values;
    std::vector<LDAPMod> changes;
    std::vector<LDAPMod*> list;
    values.reserve(grouped.size());
    changes.reserve(grouped.size());
    for (auto& [name, texts] : grouped) {
        auto& pointers = values.emplace_back();
        for (auto& text : texts) pointers.push_back(text.data());
        pointers.push_back(nullptr);
        LDAPMod change{};
        change.mod_op = LDAP_MOD_ADD;
        change.mod_type = const_cast<char*>(name.c_str());
        change.mod_values = pointers.data();
        changes.push_back(change);
        list.push_back(&changes.back());
    }
    list.push_back(nullptr);
    return ::ldap_add_ext_s(admin(), dn.c_str(), list.data(), nullptr, nullptr);
}

int LdapAdmin::remove_entry(const std::string& dn) { return ::ldap_delete_ext_s(admin(), dn.c_str(), nullptr, nullptr); }

int LdapAdmin::remove_referral(const std::string& dn) {
    LDAPControl manage{const_cast<char*>(LDAP_CONTROL_MANAGEDSAIT), {0, nullptr}, 1};
    LDAPControl* controls[] = {&manage, nullptr};
    return ::ldap_delete_ext_s(admin(), dn.c_str(), controls, nullptr);
}

int LdapAdmin::rename_entry(const std::string& dn, const std::string& new_rdn, const std::string& new_parent) {
    return ::ldap_rename_s(admin(), dn.c_str(), new_rdn.c_str(), new_parent.empty() ? nullptr : new_parent.c_str(), 1,
                           nullptr, nullptr);
}

std::vector<std::string> LdapAdmin::values(const std::string& dn, const std::string& attribute) {
    auto name = attribute;
    char* names[] = {name.data(), nullptr};
    LDAPMessage* answer = nullptr;
    const int code = ::ldap_search_ext_s(admin(), dn.c_str(), LDAP_SCOPE_BASE, "(objectClass=*)", names, 0, nullptr, nullptr,
                                         nullptr, 0, &answer);
    std::vector<std::string> found;
    if (auto* entry = code == LDAP_SUCCESS ? ::ldap_first_entry(admin(), answer) : nullptr; entry != nullptr)
        if (berval** data = ::ldap_get_values_len(admin(), entry, attribute.c_str()); data != nullptr) {
            for (int i = 0; data[i] != nullptr; ++i) found.emplace_back(data[i]->bv_val, data[i]->bv_len);
            ::ldap_value_free_len(data);
        }
    ::ldap_msgfree(answer);
    if (code != LDAP_SUCCESS && code != LDAP_NO_SUCH_OBJECT) fail("cannot read " + dn + ": " + ::ldap_err2string(code));
    return found;
}

bool LdapAdmin::matches(const std::string& dn, const std::string& filter) {
    char* none[] = {const_cast<char*>(LDAP_NO_ATTRS), nullptr};
    LDAPMessage* answer = nullptr;
    const int code = ::ldap_search_ext_s(admin(), dn.c_str(), LDAP_SCOPE_BASE, filter.c_str(), none, 0, nullptr, nullptr, nullptr, 0, &answer);
    const bool is_so = code == LDAP_SUCCESS && ::ldap_first_entry(admin(), answer) != nullptr;
    ::ldap_msgfree(answer);
    if (code != LDAP_SUCCESS && code != LDAP_NO_SUCH_OBJECT) fail("cannot search " + dn + ": " + ::ldap_err2string(code));
    return is_so;
}

std::vector<std::string> LdapAdmin::children(const std::string& dn) {
    char* none[] = {const_cast<char*>(LDAP_NO_ATTRS), nullptr};
    LDAPMessage* answer = nullptr;
    const int code = ::ldap_search_ext_s(admin(), dn.c_str(), LDAP_SCOPE_ONELEVEL, "(objectClass=*)", none, 0, nullptr, nullptr, nullptr, 0, &answer);
    std::vector<std::string> found;
    for (auto* entry = ::ldap_first_entry(admin(), answer); entry != nullptr; entry = ::ldap_next_entry(admin(), entry)) {
        char* name = ::ldap_get_dn(admin(), entry);
        found.emplace_back(name);
        ::ldap_memfree(name);
    }
    ::ldap_msgfree(answer);
    if (code != LDAP_SUCCESS) fail("cannot list " + dn + ": " + ::ldap_err2string(code));
    return found;
}

std::string ldapi_url_of(const std::string& path) {
    std::string url = "ldapi://";
    for (const char c : path) url += c == '/' ? std::string("%2F") : std::string(1, c);
    return url;
}

std::string rdn_value(const std::string& plain) {
    std::string escaped;
    for (const char letter : plain) {
        if (std::string_view(",+\"\\<>;=#").find(letter) != std::string_view::npos) escaped += '\\';
        escaped += letter;
    }
    return escaped;
}

std::string canonical_dn(const std::string& dn) {
    LDAPDN parsed = nullptr;
    char* text = nullptr;
    if (::ldap_str2dn(dn.c_str(), &parsed, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS) fail("no DN: " + dn);
    ::ldap_dn2str(parsed, &text, LDAP_DN_FORMAT_LDAPV3);
    const std::string out = text;
    ::ldap_memfree(text);
    ::ldap_dnfree(parsed);
    return out;
}

}  // namespace stint::testing
