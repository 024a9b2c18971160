// What only Active Directory does: ids as addresses, accounts that end, groups in groups, ranges, tickets.
#include "tests/contract/ldap_flavours/flavour_plugin.hpp"
#include "tests/contract/ldap_flavours/samba_servers.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace stint::testing {
namespace {

const std::vector<std::string> managed{"ehr-reset", "crowd", "outer", "primary", "renamed", "later"};

class SambaFlavour : public ::testing::Test {
protected:
    Samba& server_ = shared_samba();
    FlavourPlugin plugin_{settings_over_tls(server_, managed)};
    std::string dn_ = Samba::group_dn("ehr-reset");
};

TEST_F(SambaFlavour, WhatItIsIsFoundOutAndTold) {
    EXPECT_TRUE(plugin_.can("active-directory"));
    EXPECT_TRUE(plugin_.can("nested_groups"));
    EXPECT_FALSE(plugin_.can("post_read"));
    plugin_.wait_for_log("is Active Directory (Samba Team");
    auto wrong = settings_over_tls(server_, managed);
    wrong["flavour"] = "openldap";
    FlavourPlugin other(wrong);
    EXPECT_TRUE(other.can("openldap"));
    const auto failure = other.fail("person", {{"login", "ada"}});
    EXPECT_EQ(failure.reason, "unreachable");
    EXPECT_NE(failure.message.find("it is Active Directory"), std::string::npos) << failure.message;
}

TEST_F(SambaFlavour, DisabledAndExpiredAccountsAreSeenAsSuch) {
    EXPECT_TRUE(plugin_.is_enabled("ada"));
    EXPECT_FALSE(plugin_.is_enabled("cho")) << "disabled";
    EXPECT_FALSE(plugin_.is_enabled("dee")) << "past its end";
    EXPECT_TRUE(plugin_.is_enabled("eli")) << "ends in ten years";
    EXPECT_TRUE(plugin_.is_enabled("fay")) << "0 is never";
}

TEST_F(SambaFlavour, MembershipThroughAGroupIsToldAsSuch) {
    const auto outer = plugin_.group_id(Samba::group_dn("outer")), ada = plugin_.person_id("ada");
    ASSERT_EQ(server_.add_value(Samba::group_dn("outer"), "member", Samba::group_dn("helpdesk")), 0);
    ASSERT_EQ(server_.add_value(Samba::group_dn("helpdesk"), "member", Samba::group_dn("outer")), 0);  // a circle
    const auto groups = plugin_.groups_of("ada");
    EXPECT_EQ(groups, (std::map<std::string, bool>{{"helpdesk", false}, {"outer", true}}));
    EXPECT_FALSE(plugin_.is_member(outer, ada)) << "of her own she is none";
    EXPECT_EQ(plugin_.remove(outer, ada), "already_absent absent") << "and so a removal does nothing";
    EXPECT_EQ(plugin_.groups_of("ada"), groups);
    ASSERT_EQ(server_.remove_value(Samba::group_dn("outer"), "member", Samba::group_dn("helpdesk")), 0);
    ASSERT_EQ(server_.remove_value(Samba::group_dn("helpdesk"), "member", Samba::group_dn("outer")), 0);
}

TEST_F(SambaFlavour, ThePrimaryGroupIsToldAsSuch) {
    const auto group = plugin_.group_id(Samba::group_dn("primary")), eli = plugin_.person_id("eli");
    const auto dn = Samba::person_dn("Eli Frost");
    ASSERT_EQ(plugin_.add(group, eli), "added present");
    ASSERT_EQ(server_.replace_value(dn, "primaryGroupID", server_.values(Samba::group_dn("primary"), "primaryGroupToken").at(0)), 0);
    EXPECT_EQ(plugin_.groups_of("eli"), (std::map<std::string, bool>{{"primary", true}}));
    EXPECT_FALSE(plugin_.is_member(group, eli)) << "`member` does not hold whose primary group it is";
    EXPECT_EQ(plugin_.add(group, eli), "already_present absent") << "68 proves nothing";
    EXPECT_EQ(plugin_.remove(group, eli), "already_absent absent") << "53 proves nothing";
    ASSERT_EQ(server_.replace_value(dn, "primaryGroupID", "513"), 0);
    EXPECT_EQ(plugin_.remove(group, eli), "removed absent");
}

TEST_F(SambaFlavour, FiveThousandMembersComeInRanges) {
    const auto crowd = plugin_.group_id(Samba::group_dn("crowd")), ada = plugin_.person_id("ada");
    ASSERT_EQ(server_.values(Samba::group_dn("crowd"), "member").size(), 5000U);
    EXPECT_EQ(plugin_.member_logins(crowd).size(), 1200U) << "the people among them";
    EXPECT_TRUE(plugin_.is_member(crowd, plugin_.person_id("bulk1199")));
    EXPECT_FALSE(plugin_.is_member(crowd, ada));
    EXPECT_EQ(plugin_.add(crowd, ada), "added present");
    EXPECT_EQ(plugin_.member_logins(crowd).size(), 1201U);
    EXPECT_EQ(plugin_.remove(crowd, ada), "removed absent");
}

TEST_F(SambaFlavour, ARenamedPersonIsTheSamePerson) {
    ASSERT_EQ(server_.add_person("Una Reed", "una"), 0);
    const auto group = plugin_.group_id(dn_), una = plugin_.person_id("una");
    ASSERT_EQ(plugin_.add(group, una), "added present");
    ASSERT_EQ(server_.rename_entry(Samba::person_dn("Una Reed"), "CN=Una Cole"), 0);
    ASSERT_EQ(server_.replace_value(Samba::person_dn("Una Cole"), "sAMAccountName", "una.cole"), 0);
    FlavourPlugin fresh(settings_over_tls(server_, managed));
    EXPECT_EQ(fresh.person_id("una.cole"), una);
    EXPECT_TRUE(fresh.is_member(group, una));
    EXPECT_EQ(fresh.remove(group, una), "removed absent");
    EXPECT_TRUE(server_.values(dn_, "member").empty());
    ASSERT_EQ(server_.remove_entry(Samba::person_dn("Una Cole")), 0);
}

TEST_F(SambaFlavour, SomebodyNewUnderADeletedPersonsNameIsSomebodyElse) {
    ASSERT_EQ(server_.add_person("Vic Holt", "vic"), 0);
    const auto group = plugin_.group_id(dn_), old = plugin_.person_id("vic");
    ASSERT_EQ(plugin_.add(group, old), "added present");
    ASSERT_EQ(server_.remove_entry(Samba::person_dn("Vic Holt")), 0);
    EXPECT_FALSE(plugin_.is_member(group, old)) << "the server takes links to the deleted away";
    EXPECT_EQ(plugin_.remove(group, old), "already_absent absent");
    EXPECT_EQ(plugin_.fail("add", FlavourPlugin::pair(group, old)).reason, "not_found");
    ASSERT_EQ(server_.add_person("Vic Holt", "vic"), 0);
    const auto now = plugin_.person_id("vic");
    EXPECT_NE(now, old);
    EXPECT_FALSE(plugin_.is_member(group, now));
    EXPECT_EQ(plugin_.add(group, now), "added present");
    EXPECT_EQ(plugin_.remove(group, old), "already_absent absent");
    EXPECT_TRUE(plugin_.is_member(group, now)) << "what is the new one's stays";
    EXPECT_EQ(plugin_.remove(group, now), "removed absent");
    ASSERT_EQ(server_.remove_entry(Samba::person_dn("Vic Holt")), 0);
}

TEST_F(SambaFlavour, ARenamedGroupIsStillWrittenAndIsNotTakenForAnother) {
    const auto group = plugin_.group_id(Samba::group_dn("renamed")), ada = plugin_.person_id("ada");
    ASSERT_EQ(plugin_.add(group, ada), "added present");
    ASSERT_EQ(server_.rename_entry(Samba::group_dn("renamed"), "CN=moved"), 0);
    EXPECT_TRUE(plugin_.is_member(group, ada));
    EXPECT_EQ(plugin_.remove(group, ada), "removed absent") << "what was opened can be closed";
    FlavourPlugin fresh(settings_over_tls(server_, managed));
    const auto failure = fresh.fail("add", FlavourPlugin::pair(group, ada));
    EXPECT_EQ(failure.reason, "not_allowed") << "a plugin that never saw it on its list";
    EXPECT_NE(failure.message.find("CN=moved"), std::string::npos) << failure.message;
    ASSERT_EQ(server_.rename_entry(Samba::group_dn("moved"), "CN=renamed"), 0);
}

TEST_F(SambaFlavour, AGroupMadeAnewIsAnotherGroup) {
    const auto dn = Samba::group_dn("later");
    ASSERT_EQ(server_.add_group("later"), 0);
    const auto old = plugin_.group_id(dn), ada = plugin_.person_id("ada");
    ASSERT_EQ(server_.remove_entry(dn), 0);
    for (const auto* verb : {"read_back", "remove", "add"}) EXPECT_EQ(plugin_.fail(verb, FlavourPlugin::pair(old, ada)).reason, "not_found") << verb;
    ASSERT_EQ(server_.add_group("later"), 0);
    for (const auto* verb : {"read_back", "remove", "add"}) EXPECT_EQ(plugin_.fail(verb, FlavourPlugin::pair(old, ada)).reason, "not_found") << verb;
    EXPECT_TRUE(server_.values(dn, "member").empty());
    EXPECT_NE(plugin_.group_id(dn), old);
    ASSERT_EQ(server_.remove_entry(dn), 0);
}

TEST_F(SambaFlavour, OddNamesAndDoubledLoginsAreNoWayIn) {
    const std::vector<std::string> names{"Smith, \"J\" #1+x", "#hash", "back\\slash", "semi;less<more>=", "Zo\xC3\xAB \xE6\x9D\x8E", "(&(cn=*))"};
    const auto group = plugin_.group_id(dn_);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto login = "odd" + std::to_string(i);
        ASSERT_EQ(server_.add_person(names[i], login), 0) << names[i];
        const auto id = plugin_.person_id(login);
        EXPECT_EQ(plugin_.add(group, id), "added present") << names[i];
        EXPECT_EQ(plugin_.member_logins(group), std::vector<std::string>{login});
        EXPECT_EQ(plugin_.groups_of(login), (std::map<std::string, bool>{{"ehr-reset", false}}));
        EXPECT_EQ(plugin_.remove(group, id), "removed absent") << names[i];
    }
    auto by_mail = settings_over_tls(server_, managed);
    by_mail["people"].as_object()["login"] = "mail";
    FlavourPlugin other(by_mail);
    EXPECT_EQ(other.fail("person", {{"login", "somebody@corp.test"}}).reason, "refused") << "six people have it";
    EXPECT_EQ(other.person_id("ada@corp.test"), plugin_.person_id("ada"));
    for (const auto& name : names) ASSERT_EQ(server_.remove_entry(Samba::person_dn(name)), 0);
}

TEST_F(SambaFlavour, ComputersAndGroupsAreNoPeople) {
    for (const auto* login : {"DC1$", "ehr-reset"}) EXPECT_EQ(plugin_.fail("person", {{"login", login}}).reason, "not_found") << login;
}

TEST_F(SambaFlavour, AKeytabThatIsNoneIsToldAndAPasswordIsNeverSentInTheClear) {
    auto kerberos = settings_over_kerberos(server_, managed);
    TemporaryFolder folder("keytab");
    write_file(folder.path() + "/bad", "no keytab");
    kerberos["keytab_file"] = folder.path() + "/bad";
    FlavourPlugin other(kerberos);
    const auto failure = other.fail("person", {{"login", "ada"}});
    EXPECT_EQ(failure.reason, "unreachable");
    EXPECT_NE(failure.message.find("Kerberos"), std::string::npos) << failure.message;
}

TEST_F(SambaFlavour, AServerThatComesBackIsBoundToByKerberosAgain) {
    FlavourPlugin kerberos(settings_over_kerberos(server_, managed));
    const auto group = kerberos.group_id(dn_), ada = kerberos.person_id("ada");
    kerberos.wait_for_log("sealed with 256 bits", 2);
    server_.stop();
    server_.start();
    kerberos.wait_for_log("sealed with 256 bits", 4);
    EXPECT_EQ(kerberos.add(group, ada), "added present");
    EXPECT_EQ(kerberos.remove(group, ada), "removed absent");
}

}  // namespace
}  // namespace stint::testing
