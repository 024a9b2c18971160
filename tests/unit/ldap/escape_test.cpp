// Escaping, judged by decoders that are not ours: libldap's for names, a decoder of RFC 4515's grammar for filters.
#include "plugins/directory-ldap/escape.hpp"

#include "plugins/directory-ldap/dn.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <lber.h>
#include <ldap.h>

#include <stdexcept>
#include <string>

namespace stint::directory_ldap {
namespace {

/// The value that libldap itself puts on the wire for "(cn=…)" (ldap_put_vrFilter encodes an equality match).
std::string on_the_wire(const Filter& filter) {
    BerElement* ber = ::ber_alloc_t(LBER_USE_DER);
    const auto text = "(" + filter.text() + ")";
    if (::ldap_put_vrFilter(ber, text.c_str()) < 0) {
        ::ber_free(ber, 1);
        return "libldap refuses it: " + text;
    }
    berval bytes{};
    ::ber_flatten2(ber, &bytes, 0);
    BerElement* reader = ::ber_init(&bytes);
    ber_len_t length = 0;
    berval attribute{}, value{};
    ::ber_skip_tag(reader, &length);  // the sequence of filters
    ::ber_scanf(reader, "{mm}", &attribute, &value);
    std::string out(value.bv_val == nullptr ? "" : value.bv_val, value.bv_len);
    ::ber_free(reader, 1);
    ::ber_free(ber, 1);
    return out;
}

std::string first_value(const std::string& dn) {
    const auto parsed = Dn::parse(dn);
    return parsed ? parsed->rdns().front().front().value : "libldap refuses it: " + dn;
}

TEST(Filters, EscapeWhatRfc4515Names) {
    EXPECT_EQ(Filter::equal("cn", "a*b(c)d\\e").text(), "(cn=a\\2ab\\28c\\29d\\5ce)");
    EXPECT_EQ(Filter::equal("cn", std::string("x\0y", 3)).text(), "(cn=x\\00y)");
    EXPECT_EQ(Filter::equal("cn", "Zo\xC3\xAB").text(), "(cn=Zo\\c3\\ab)");
    EXPECT_EQ(Filter::equal("uid", "*)(objectClass=*").text(), "(uid=\\2a\\29\\28objectClass=\\2a)");
}

TEST(Filters, AreBuiltFromParts) {
    const auto a = Filter::equal("uid", "ada"), b = Filter::present("mail");
    EXPECT_EQ(Filter::all_of({a, b}).text(), "(&(uid=ada)(mail=*))");
    EXPECT_EQ(Filter::any_of({a, b}).text(), "(|(uid=ada)(mail=*))");
    EXPECT_EQ(Filter::any_of({a}).text(), "(uid=ada)");
    EXPECT_THROW((void)Filter::all_of({}), std::invalid_argument);
}

TEST(Filters, RefuseAnAttributeThatIsNone) {
    for (const auto* name : {"", "cn=", "a b", "uid)(x", "-cn", "c\xC3\xABn", "cn*"})
        EXPECT_THROW((void)Filter::equal(name, "x"), std::invalid_argument) << name;
    for (const auto* name : {"cn", "memberUid", "x-y", "userCertificate;binary", "2.5.4.3"}) EXPECT_TRUE(is_attribute_name(name)) << name;
}

TEST(Filters, FromSettingsAreOneFilterInParentheses) {
    for (const auto* text : {"(a=b)", "(&(a=b)(!(c=d)))", "(pwdAccountLockedTime=*)"}) EXPECT_EQ(Filter::from_settings(text).text(), text);
    for (const auto* text : {"", "a=b", "(a=b", "(a=b))", "(a=b)(c=d)", "()", "(a=\n)", ")(", "(a=b)x"})
        EXPECT_THROW((void)Filter::from_settings(text), std::invalid_argument) << text;
}

TEST(Names, EscapeWhatRfc4514Names) {
    EXPECT_EQ(rdn("cn", "Smith, \"J\" #1+x"), "cn=Smith\\, \\\"J\\\" #1\\+x");
    EXPECT_EQ(rdn("cn", " # a "), "cn=\\ # a\\ ");
    EXPECT_EQ(rdn("cn", "#x"), "cn=\\#x");
    EXPECT_EQ(rdn("cn", "a;b<c>d=e\\f"), "cn=a\\;b\\<c\\>d\\=e\\\\f");
    EXPECT_THROW((void)rdn("cn=x,dc", "y"), std::invalid_argument);
}

RC_GTEST_PROP(Filters, RoundTripThroughLibldap, (const std::string& value)) {
    RC_PRE(!value.empty());
    RC_ASSERT(on_the_wire(Filter::equal("cn", value)) == value);
}

RC_GTEST_PROP(Filters, HoldNothingButPlainText, (const std::string& value)) {
    for (const char c : escaped_for_filter(value)) RC_ASSERT(c >= 0x20 && c < 0x7F && c != '*' && c != '(' && c != ')');
}

RC_GTEST_PROP(Names, RoundTripThroughLibldap, (const std::string& value)) {
    RC_PRE(!value.empty());
    const auto dn = rdn("cn", value) + ",ou=people,dc=example";
    RC_ASSERT(first_value(dn) == value);
    RC_ASSERT(Dn::parse(dn)->rdns().size() == 3U);
    RC_ASSERT(first_value(Dn::parse(dn)->text()) == value);
}

}  // namespace
}  // namespace stint::directory_ldap
