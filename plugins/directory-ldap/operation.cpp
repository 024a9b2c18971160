// Encoding and decoding through libldap. Everything libldap hands out is freed here.
#include "plugins/directory-ldap/operation.hpp"

#include "plugins/directory-ldap/dn.hpp"
#include "plugins/directory-ldap/escape.hpp"

#include <ldap.h>

#include <cstring>

namespace stint::directory_ldap {
namespace {

struct FreeControl {
    void operator()(LDAPControl* control) const { ::ldap_control_free(control); }
};
using ControlPtr = std::unique_ptr<LDAPControl, FreeControl>;

berval as_berval(const std::string& text) { return {text.size(), const_cast<char*>(text.data())}; }

/// RFC 4528: do it only if the entry still has this entryUUID.
int make_assertion(LDAP* handle, const std::string& uuid, ControlPtr& out) {
    auto filter = Filter::equal("entryUUID", uuid).text();
    LDAPControl* control = nullptr;
    const int code = ::ldap_create_assertion_control(handle, filter.data(), 1, &control);
    out.reset(control);
    return code;
}

/// RFC 3876: of the entry's values, return only these.
int make_values_filter(const std::vector<Value>& values, ControlPtr& out) {
    std::string text = "(";
    for (const auto& value : values) text += Filter::equal(value.attribute, value.text).text();
    text += ")";
    BerElement* ber = ::ber_alloc_t(LBER_USE_DER);
    if (ber == nullptr) return LDAP_NO_MEMORY;
    berval encoded{};
    int code = ::ldap_put_vrFilter(ber, text.c_str()) < 0 || ::ber_flatten2(ber, &encoded, 0) < 0 ? LDAP_FILTER_ERROR : LDAP_SUCCESS;
    LDAPControl* control = nullptr;
    if (code == LDAP_SUCCESS) code = ::ldap_control_create(LDAP_CONTROL_VALUESRETURNFILTER, 1, &encoded, 1, &control);
    out.reset(control);
    ::ber_free(ber, 1);
    return code;
}

int send(LDAP* handle, const Search& search, int& message_id) {
    ControlPtr values;
    if (!search.only_values.empty())
        if (const int code = make_values_filter(search.only_values, values); code != LDAP_SUCCESS) return code;
    LDAPControl* controls[] = {values.get(), nullptr};
    std::vector<char*> names;
    for (const auto& name : search.attributes) names.push_back(const_cast<char*>(name.c_str()));
    if (names.empty()) names.push_back(const_cast<char*>(LDAP_NO_ATTRS));
    names.push_back(nullptr);
    const int scope = search.scope == Scope::base ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE;
    return ::ldap_search_ext(handle, search.base.c_str(), scope, search.filter.c_str(), names.data(), 0,
                             values ? controls : nullptr, nullptr, nullptr, search.size_limit, &message_id);
}

int send(LDAP* handle, const Modify& modify, int& message_id) {
    ControlPtr assertion;
    if (const int code = make_assertion(handle, modify.must_be_uuid, assertion); code != LDAP_SUCCESS) return code;
    LDAPControl* controls[] = {assertion.get(), nullptr};
    std::map<std::string, std::vector<berval>> by_attribute;
    for (const auto& value : modify.values) by_attribute[value.attribute].push_back(as_berval(value.text));
    std::vector<std::vector<berval*>> lists;
    std::vector<LDAPMod> changes;
    lists.reserve(by_attribute.size());
    changes.reserve(by_attribute.size());
    for (auto& [attribute, values] : by_attribute) {
        auto& list = lists.emplace_back();
        for (auto& value : values) list.push_back(&value);
        list.push_back(nullptr);
        auto& change = changes.emplace_back();
        change.mod_op = (modify.kind == ChangeKind::add ? LDAP_MOD_ADD : LDAP_MOD_DELETE) | LDAP_MOD_BVALUES;
        change.mod_type = const_cast<char*>(attribute.c_str());
        change.mod_bvalues = list.data();
    }
    std::vector<LDAPMod*> pointers;
    for (auto& change : changes) pointers.push_back(&change);
    pointers.push_back(nullptr);
    return ::ldap_modify_ext(handle, modify.dn.c_str(), pointers.data(), controls, nullptr, &message_id);
}

int send(LDAP* handle, const Bind& bind, int& message_id) {
    if (!bind.password) {
        berval empty{0, const_cast<char*>("")};
        return ::ldap_sasl_bind(handle, nullptr, "EXTERNAL", &empty, nullptr, nullptr, &message_id);
    }
    const auto text = bind.password->text();
    berval credentials{text.size(), const_cast<char*>(text.data())};
    return ::ldap_sasl_bind(handle, bind.dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, &message_id);
}

void take_texts(char** texts, std::vector<std::string>& out) {
    for (int i = 0; texts != nullptr && texts[i] != nullptr; ++i) out.emplace_back(texts[i]);
    ::ldap_memvfree(reinterpret_cast<void**>(texts));
}

}  // namespace

Secret::Secret(std::string& text) : bytes_(std::make_unique<char[]>(text.size() + 1)), size_(text.size()) {
    std::memcpy(bytes_.get(), text.data(), size_);
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

Secret::~Secret() { ::explicit_bzero(bytes_.get(), size_); }

bool is_write(const Operation& operation) { return std::holds_alternative<Modify>(operation); }

std::string_view name_of(const Operation& operation) {
    if (std::holds_alternative<Search>(operation)) return "search";
    return is_write(operation) ? "modify" : "bind";
}

int send(LDAP* handle, const Operation& operation, int& message_id) {
    return std::visit([&](const auto& one) { return send(handle, one, message_id); }, operation);
}

const std::vector<std::string>& Entry::all(const std::string& attribute) const {
    static const std::vector<std::string> none;
    const auto found = attributes.find(folded(attribute));
    return found == attributes.end() ? none : found->second;
}

std::string Entry::first(const std::string& attribute) const {
    const auto& values = all(attribute);
    return values.empty() ? "" : values.front();
}

Entry entry_of(LDAP* handle, LDAPMessage* message) {
    Entry out;
    BerElement* ber = nullptr;
    berval dn{};
    if (::ldap_get_dn_ber(handle, message, &ber, &dn) != LDAP_SUCCESS) return out;
    if (dn.bv_val != nullptr) out.dn.assign(dn.bv_val, dn.bv_len);
    berval name{};
    BerVarray values = nullptr;
    while (::ldap_get_attribute_ber(handle, message, ber, &name, &values) == LDAP_SUCCESS && name.bv_val != nullptr) {
        auto& list = out.attributes[folded({name.bv_val, name.bv_len})];
        for (int i = 0; values != nullptr && values[i].bv_val != nullptr; ++i) list.emplace_back(values[i].bv_val, values[i].bv_len);
        if (values != nullptr) ::ber_memfree(values);
        values = nullptr;
    }
    ::ber_free(ber, 0);
    return out;
}

bool add_result(LDAP* handle, LDAPMessage* message, Reply& reply) {
    char *matched = nullptr, *text = nullptr, **referrals = nullptr;
    const int parsed = ::ldap_parse_result(handle, message, &reply.code, &matched, &text, &referrals, nullptr, 0);
    if (text != nullptr) reply.text = text;
    ::ldap_memfree(matched);
    ::ldap_memfree(text);
    take_texts(referrals, reply.referrals);
    return parsed == LDAP_SUCCESS;
}

void add_reference(LDAP* handle, LDAPMessage* message, Reply& reply) {
    char** referrals = nullptr;
    if (::ldap_parse_reference(handle, message, &referrals, nullptr, 0) == LDAP_SUCCESS) take_texts(referrals, reply.referrals);
}

}  // namespace stint::directory_ldap
