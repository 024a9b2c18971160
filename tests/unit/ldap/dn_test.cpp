// Names taken apart and compared.
#include "plugins/directory-ldap/dn.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stint::directory_ldap {
namespace {

Dn dn(const std::string& text) { return Dn::parse(text).value(); }

TEST(Dns, AreRefusedWhenTheyAreNone) {
    for (const auto* text : {"", "x", "cn=", "=x", "cn=a,,dc=b", "cn=\"a", "cn=a+", "cn=#zz"}) {
        const auto parsed = Dn::parse(text);
        if (std::string(text) == "cn=") continue;  // an empty value is allowed by the grammar
        EXPECT_FALSE(parsed.has_value()) << text;
    }
    EXPECT_FALSE(Dn::parse("cn=" + std::string(9000, 'a')).has_value());
}

TEST(Dns, CompareWithoutCaseSpacesAndOrder) {
    EXPECT_EQ(dn("CN=Ada  Osei,OU=People,dc=Example").key(), dn("cn=ada osei, ou=people, dc=example").key());
    EXPECT_EQ(dn("cn=a+sn=b,dc=x").key(), dn("SN=B + cn=A,dc=x").key());
    EXPECT_EQ(dn("cn=a\\2Cb,dc=x").key(), dn("cn=a\\,b,dc=x").key());
    EXPECT_NE(dn("cn=a\\,dc=x").key(), dn("cn=a,dc=x").key());
    EXPECT_EQ(dn_key("not a dn"), "not a dn");
}

TEST(Dns, KnowWhatIsUnderWhat) {
    const auto base = dn("ou=people,dc=example");
    EXPECT_TRUE(dn("uid=ada,OU=People,dc=example").is_under(base));
    EXPECT_TRUE(dn("uid=ada,ou=x,ou=people,dc=example").is_under(base));
    EXPECT_FALSE(base.is_under(base));
    EXPECT_FALSE(dn("uid=ada,ou=morepeople,dc=example").is_under(base));
    EXPECT_FALSE(dn("uid=ada\\,ou=people,dc=example").is_under(base));
    EXPECT_FALSE(dn("dc=example").is_under(base));
}

/// The short way to a key is the long one's result, or is not taken.
TEST(Dns, HaveOneKeyWhicheverWayItIsFound) {
    for (const std::string text : {"uid=ada,ou=people,dc=example,dc=test", "CN=Ada  Osei,OU=People,dc=Example", "cn=a+sn=b,dc=x", "cn=a\\,b,dc=x",
                                   "cn= a,dc=x", "cn=a ,dc=x", "cn =a,dc=x", "cn=a, dc=x", "cn=#0401FF,dc=x", "cn=a#b,dc=x", "2.5.4.3=a,dc=x",
                                   "OID.2.5.4.3=a,dc=x", "cn=\"a\",dc=x", "cn=\xC3\x84,dc=x", "cn=a=b,dc=x", "cn=a;dc=x", "cn=,dc=x", "=a,dc=x",
                                   "cn=a,,dc=x", "cn=a,", ",cn=a", "cn", "<GUID=0>", "cn;lang-de=a,dc=x", "cn=a   b c,dc=x", "c-n=a,dc=x", "1cn=a,dc=x"}) {
        const auto parsed = Dn::parse(text);
        EXPECT_EQ(dn_key(text), parsed ? parsed->key() : text) << text;
        const auto own = simple_rdn(text);
        EXPECT_EQ(key_of(text).has_value(), parsed.has_value()) << text;
        if (own && parsed) {
            EXPECT_EQ(own->value, parsed->rdn_value(own->type)) << text;
        }
    }
}

TEST(Dns, AreUnderABaseByTheirKeysAsByTheirParts) {
    const auto base = dn("ou=people,dc=example");
    for (const auto* text : {"uid=ada,OU=People,dc=example", "ou=people,dc=example", "uid=ada,ou=x,ou=people,dc=example", "uid=ada,ou=morepeople,dc=example",
                             "uid=ada\\,ou=people,dc=example", "uid=ada\\\\,ou=people,dc=example", "dc=example", "ou=people,dc=example,dc=test"})
        EXPECT_EQ(is_under_key(text, base.key()), dn(text).is_under(base)) << text;
    EXPECT_FALSE(is_under_key("nothing,ou=people,dc=example", base.key()));
    EXPECT_FALSE(is_under_key("=a,ou=people,dc=example", base.key()));
}

TEST(Dns, FindTheLongestCommonBase) {
    EXPECT_EQ(common_base({dn("cn=a,ou=g,dc=x,dc=y"), dn("cn=b,ou=g,dc=x,dc=y"), dn("ou=people,dc=x,dc=y")})->text(), "dc=x,dc=y");
    EXPECT_EQ(common_base({dn("cn=a,ou=g,dc=x")})->text(), "cn=a,ou=g,dc=x");
    EXPECT_FALSE(common_base({dn("dc=x"), dn("dc=y")}).has_value());
    EXPECT_FALSE(common_base({}).has_value());
}

TEST(Dns, TellTheValueOfTheirOwnName) {
    EXPECT_EQ(dn("uid=ada\\+1,ou=people,dc=x").rdn_value("UID"), "ada+1");
    EXPECT_EQ(dn("cn=Ada+uid=ada,dc=x").rdn_value("uid"), "ada");
    EXPECT_EQ(dn("cn=Ada,dc=x").rdn_value("uid"), "");
}

}  // namespace
}  // namespace stint::directory_ldap
