// The rows of the table: ids in all their forms, what a root entry is recognised as, who is disabled.
#include "plugins/directory-ldap/dialect.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stint::directory_ldap {
namespace {

using namespace std::string_literals;

// MS-DTYP 2.3.4.3: the text, and the bytes as the directory keeps them.
constexpr auto guid = "caf4a967-3d60-49bb-8a13-8f8e8e5ff523";
const std::string guid_on_the_wire = "\x67\xa9\xf4\xca\x60\x3d\xbb\x49\x8a\x13\x8f\x8e\x8e\x5f\xf5\x23"s;

Entry root(std::map<std::string, std::vector<std::string>> attributes) { return {.dn = "", .attributes = std::move(attributes)}; }
Entry openldap() { return root({{"objectclass", {"top", "OpenLDAProotDSE"}}, {"supportedcontrol", {"1.3.6.1.1.12", "1.2.826.0.1.3344810.2.3"}}}); }
Entry samba() {
    return root({{"supportedcapabilities", {"1.2.840.113556.1.4.800"}}, {"vendorname", {"Samba Team"}}, {"vendorversion", {"4.17.12"}},
                 {"supportedcontrol", {"1.2.840.113556.1.4.1339"}},
                 {"namingcontexts", {"DC=corp,DC=test", "CN=Configuration,DC=corp,DC=test"}}});
}
Entry ds389() { return root({{"vendorname", {"389 Project"}}, {"vendorversion", {"389-Directory/2.3.1"}}, {"supportedcontrol", {"1.3.6.1.1.13.2"}}}); }

std::string why_not(const Entry& entry, const std::string& flavour) {
    try {
        return "taken as " + std::string(recognise(entry, flavour, "dc=example,dc=test").dialect->flavour);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

TEST(LdapDialect, EveryServerIsRecognisedByItsRootEntry) {
    EXPECT_EQ(why_not(openldap(), "auto"), "taken as openldap");
    EXPECT_EQ(why_not(samba(), "auto"), "taken as active-directory");
    EXPECT_EQ(why_not(ds389(), "auto"), "taken as 389ds");
    EXPECT_EQ(why_not(ds389(), "389ds"), "taken as 389ds");
    const auto found = recognise(samba(), "auto", "ou=people,dc=CORP,dc=test");
    EXPECT_EQ(found.suffix, "DC=corp,DC=test");
    EXPECT_EQ(found.vendor, "Samba Team 4.17.12");
}

TEST(LdapDialect, AServerThatIsAnotherOrLacksSomethingIsRefusedWithWords) {
    EXPECT_NE(why_not(samba(), "openldap").find("it is Active Directory"), std::string::npos);
    EXPECT_NE(why_not(root({{"vendorname", {"Acme \x1b[2J"}}}), "auto").find("none of"), std::string::npos);
    EXPECT_EQ(why_not(root({{"vendorname", {"Acme \x1b[2J"}}}), "auto").find('\x1b'), std::string::npos);
    EXPECT_NE(why_not(root({}), "389ds").find("none of"), std::string::npos);
    auto bare = openldap();
    bare.attributes["supportedcontrol"] = {"1.3.6.1.1.12"};
    EXPECT_NE(why_not(bare, "auto").find("1.2.826.0.1.3344810.2.3"), std::string::npos);
    bare = ds389();
    bare.attributes.erase("supportedcontrol");
    EXPECT_NE(why_not(bare, "auto").find("1.3.6.1.1.13.2"), std::string::npos);
}

TEST(LdapDialect, OnlyActiveDirectoryAnswersUnwillingToPerformWhenSomebodyIsNoMember) {
    EXPECT_EQ(find_dialect("active-directory")->absent_code, 53);
    EXPECT_EQ(find_dialect("openldap")->absent_code, 0);
    EXPECT_EQ(find_dialect("389ds")->absent_code, 0);
}

TEST(LdapDialect, AnObjectGuidIsTextForPeopleAndBytesForTheServer) {
    const auto& ad = *find_dialect("active-directory");
    EXPECT_EQ(ad.id_of({.dn = "", .attributes = {{"objectguid", {guid_on_the_wire}}}}), guid);
    EXPECT_EQ(ad.id_of({.dn = "", .attributes = {{"objectguid", {guid}}}}), "") << "text is no id";
    EXPECT_EQ(ad.id_of({.dn = "", .attributes = {}}), "");
    EXPECT_EQ(ad.id_filter(guid).text(), "(objectGUID=g\\a9\\f4\\ca`=\\bbI\\8a\\13\\8f\\8e\\8e_\\f5#)");
    EXPECT_EQ(ad.name_of(guid, "CN=Ada"), "<GUID="s + guid + ">");
    EXPECT_EQ(ad.checked_id("CAF4A967-3D60-49BB-8A13-8F8E8E5FF523"), guid);
    for (const auto* none : {"", "caf4a967-3d60-49bb-8a13-8f8e8e5ff52", "caf4a9673-d60-49bb-8a13-8f8e8e5ff523", "caf4a967-3d60-49bb-8a13-8f8e8e5ff52)"})
        EXPECT_EQ(ad.checked_id(none), std::nullopt) << none;
}

TEST(LdapDialect, OtherIdsAreText) {
    const auto &open = *find_dialect("openldap"), &ds = *find_dialect("389ds");
    EXPECT_EQ(open.id_of({.dn = "", .attributes = {{"entryuuid", {"5717E000-0000-4000-8000-00000000FFFF"}}}}), "5717e000-0000-4000-8000-00000000ffff");
    EXPECT_EQ(open.name_of(guid, "cn=a"), "cn=a");
    EXPECT_EQ(ds.id_of({.dn = "", .attributes = {{"nsuniqueid", {"04A1B2C3-e8a011f0-8f22b5c9-00000001"}}}}), "04a1b2c3-e8a011f0-8f22b5c9-00000001");
    EXPECT_EQ(ds.id_filter("04a1b2c3-e8a011f0-8f22b5c9-00000001").text(), "(nsUniqueId=04a1b2c3-e8a011f0-8f22b5c9-00000001)");
    EXPECT_EQ(ds.checked_id(guid), std::nullopt) << "of another kind of directory";
    EXPECT_EQ(find_dialect("auto"), nullptr);
}

TEST(LdapDialect, WhoIsDisabledDependsOnTheTime) {
    const auto noon = std::chrono::system_clock::from_time_t(1'700'000'000);  // 2023-11-14T22:13:20Z
    EXPECT_EQ(find_dialect("active-directory")->disabled(noon, "").text(),
              "(|(userAccountControl:1.2.840.113556.1.4.803:=2)(&(accountExpires>=1)(accountExpires<=133444736000000000)))");
    EXPECT_EQ(find_dialect("openldap")->disabled(noon, "").text(),
              "(|(pwdAccountLockedTime=000001010000Z)(pwdEndTime<=20231114221320Z)(pwdStartTime>=20231114221320Z))");
    EXPECT_EQ(find_dialect("389ds")->disabled(noon, "").text(), "(nsAccountLock=true)");
    EXPECT_EQ(find_dialect("389ds")->disabled(noon, "dc=a").text(),
              "(|(nsAccountLock=true)(nsRoleDN=cn=nsManagedDisabledRole,dc=a)(nsRole=cn=nsDisabledRole,dc=a))");
}

TEST(LdapDialect, ThePrimaryGroupIsTheDomainsSidWithItsOwnNumber) {
    const auto ada = "\x01\x05\0\0\0\0\0\x05\x15\0\0\0\x6f\x1c\x1f\x5b\x8d\xd7\x9a\xac\x0e\x02\x27\xd3\x4f\x04\0\0"s;
    EXPECT_EQ(primary_group_sid(ada, "513"), ada.substr(0, 24) + "\x01\x02\0\0"s);
    EXPECT_EQ(primary_group_sid(ada, "4294967295"), ada.substr(0, 24) + "\xff\xff\xff\xff"s);
    for (const auto* number : {"", "-1", "513 ", "4294967296", "x"}) EXPECT_EQ(primary_group_sid(ada, number), std::nullopt) << number;
    EXPECT_EQ(primary_group_sid("", "513"), std::nullopt);
    EXPECT_EQ(primary_group_sid(ada.substr(0, 20), "513"), std::nullopt);
    EXPECT_EQ(primary_group_sid("\x01\x00\0\0\0\0\0\x05"s, "513"), std::nullopt);
}

}  // namespace
}  // namespace stint::directory_ldap
