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

/// RFC 4528: do it only if the entry still matches.
int make_assertion(LDAP* handle, std::string filter, ControlPtr& out) {
    LDAPControl* control = nullptr;
    const int code = ::ldap_create_assertion_control(handle, filter.data(), 1, &control);
    out.reset(control);
    return code;
}

/// RFC 3876: of the entry's values, return only these.
int make_values_filter(const Search& search, ControlPtr& out) {
    std::string text = "(";
    for (const auto& value : search.only_values) text += Filter::equal(value.attribute, value.text).text();
    for (const auto& attribute : search.and_all_of) text += Filter::present(attribute).text();
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

/// RFC 4527: show this attribute as the write leaves it.
int make_post_read(const std::string& attribute, ControlPtr& out) {
    BerElement* ber = ::ber_alloc_t(LBER_USE_DER);
    if (ber == nullptr) return LDAP_NO_MEMORY;
    berval encoded{};
    int code = ::ber_printf(ber, "{s}", attribute.c_str()) < 0 || ::ber_flatten2(ber, &encoded, 0) < 0 ? LDAP_ENCODING_ERROR : LDAP_SUCCESS;
    LDAPControl* control = nullptr;
    if (code == LDAP_SUCCESS) code = ::ldap_control_create(LDAP_CONTROL_POST_READ, 1, &encoded, 1, &control);
    out.reset(control);
    ::ber_free(ber, 1);
    return code;
}

/// The value of a post-read control is a SearchResultEntry.
std::optional<Entry> shown_after(LDAPControl** controls) {
    const auto* control = controls == nullptr ? nullptr : ::ldap_control_find(LDAP_CONTROL_POST_READ, controls, nullptr);
    if (control == nullptr) return std::nullopt;
    BerElement* ber = ::ber_init(const_cast<berval*>(&control->ldctl_value));
    if (ber == nullptr) return std::nullopt;
    Entry entry;
    berval text{};
    bool is_good = ::ber_scanf(ber, "{m{", &text) != LBER_ERROR;
    if (is_good) entry.dn.assign(text.bv_val, text.bv_len);
    while (is_good && ::ber_scanf(ber, "{m", &text) != LBER_ERROR) {
        auto& list = entry.attributes[folded({text.bv_val, text.bv_len})];
        BerVarray values = nullptr;
        is_good = ::ber_scanf(ber, "[W]}", &values) != LBER_ERROR;
        for (int i = 0; values != nullptr && values[i].bv_val != nullptr; ++i) list.emplace_back(values[i].bv_val, values[i].bv_len);
        ::ber_bvarray_free(values);
    }
    ::ber_free(ber, 1);
    return is_good ? std::optional(std::move(entry)) : std::nullopt;
}

int send(LDAP* handle, const Search& search, int& message_id) {
    ControlPtr values;
    if (!search.only_values.empty())
        if (const int code = make_values_filter(search, values); code != LDAP_SUCCESS) return code;
    LDAPControl plain{const_cast<char*>(search.control.data()), {0, nullptr}, 1};
    std::vector<LDAPControl*> controls;
    if (values) controls.push_back(values.get());
    if (!search.control.empty()) controls.push_back(&plain);
    controls.push_back(nullptr);
    std::vector<char*> names;
    for (const auto& name : search.attributes) names.push_back(const_cast<char*>(name.c_str()));
    if (names.empty()) names.push_back(const_cast<char*>(LDAP_NO_ATTRS));
    names.push_back(nullptr);
    const int scope = search.scope == Scope::base ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE;
    return ::ldap_search_ext(handle, search.base.c_str(), scope, search.filter.c_str(), names.data(), 0,
                             controls.data(), nullptr, nullptr, search.size_limit, &message_id);
}

int send(LDAP* handle, const Modify& modify, int& message_id) {
    ControlPtr assertion, post_read;
    if (!modify.asserted.empty())
        if (const int code = make_assertion(handle, modify.asserted, assertion); code != LDAP_SUCCESS) return code;
    if (!modify.post_read.empty())
        if (const int code = make_post_read(modify.post_read, post_read); code != LDAP_SUCCESS) return code;
    std::vector<LDAPControl*> controls;
    for (const auto* one : {&assertion, &post_read})
        if (*one) controls.push_back(one->get());
    controls.push_back(nullptr);
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
    return ::ldap_modify_ext(handle, modify.dn.c_str(), pointers.data(), controls.data(), nullptr, &message_id);
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
    LDAPControl** controls = nullptr;
    const int parsed = ::ldap_parse_result(handle, message, &reply.code, &matched, &text, &referrals, &controls, 0);
    if (text != nullptr) reply.text = text;
    ::ldap_memfree(matched);
    ::ldap_memfree(text);
    take_texts(referrals, reply.referrals);
    if (controls != nullptr) reply.post_read = shown_after(controls);
    ::ldap_controls_free(controls);
    return parsed == LDAP_SUCCESS;
}

void add_reference(LDAP* handle, LDAPMessage* message, Reply& reply) {
    char** referrals = nullptr;
    if (::ldap_parse_reference(handle, message, &referrals, nullptr, 0) == LDAP_SUCCESS) take_texts(referrals, reply.referrals);
}

}  // namespace stint::directory_ldap
