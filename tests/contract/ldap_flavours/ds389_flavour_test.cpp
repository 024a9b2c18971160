// What only 389 DS does: ids and locks of its own, a write that shows what it hit, nesting kept in memberOf.
#include "tests/contract/ldap_flavours/ds389_servers.hpp"
#include "tests/contract/ldap_flavours/flavour_plugin.hpp"

#include <gtest/gtest.h>

namespace stint::testing {
namespace {

const std::vector<std::string> managed{"ehr-reset", "crowd", "outer", "unix-admins"};

class Ds389Flavour : public ::testing::Test {
protected:
    Ds389Flavour() {
        server_.empty();
        EXPECT_EQ(server_.add_person("ada", "Ada Osei"), 0);
        EXPECT_EQ(server_.add_person("ben", "Ben Mensah"), 0);
        for (const auto* name : {"ehr-reset", "outer", "helpdesk"}) EXPECT_EQ(server_.add_group(name, "groupOfNames", {{"objectClass", "nsMemberOf"}}), 0);
    }
    json::object over_starttls() {
        auto settings = settings_for(server_, managed);
        settings["servers"] = json::array({json::value(server_.starttls_url())});
        settings["starttls"] = true;
        settings["flavour"] = "389ds";
        return settings;
    }
    Ds389& server_ = shared_ds389();
    std::string dn_ = Ds389::group_dn("ehr-reset");
};

TEST_F(Ds389Flavour, WhatItIsIsFoundOutAndToldAlsoOverStartTls) {
    FlavourPlugin plugin(settings_for(server_, managed)), other(over_starttls());
    for (auto* one : {&plugin, &other}) {
        EXPECT_TRUE(one->can("389ds"));
        EXPECT_FALSE(one->can("assertion"));
        one->wait_for_log("is 389 Directory Server");
        const auto group = one->group_id(dn_), ada = one->person_id("ada");
        EXPECT_EQ(ada, server_.values(Ds389::person_dn("ada"), "nsUniqueId").at(0));
        EXPECT_EQ(one->add(group, ada), "added present");
        EXPECT_EQ(one->remove(group, ada), "removed absent");
    }
}

TEST_F(Ds389Flavour, LockedAccountsAreSeenAsSuch) {
    FlavourPlugin plugin(settings_for(server_, managed));
    EXPECT_TRUE(plugin.is_enabled("ada"));
    ASSERT_EQ(server_.add_value(Ds389::person_dn("ada"), "nsAccountLock", "TRUE"), 0);
    EXPECT_FALSE(plugin.is_enabled("ada"));
    ASSERT_EQ(server_.add_value(Ds389::person_dn("ben"), "nsRoleDN", "cn=nsManagedDisabledRole,dc=example,dc=test"), 0);
    EXPECT_FALSE(plugin.is_enabled("ben")) << "by the role of ns-inactivate.pl";
}

TEST_F(Ds389Flavour, MembershipThroughAGroupIsToldAsSuch) {
    FlavourPlugin plugin(settings_for(server_, managed));
    ASSERT_EQ(server_.add_value(Ds389::group_dn("outer"), "member", Ds389::group_dn("helpdesk")), 0);
    ASSERT_EQ(server_.add_value(Ds389::group_dn("helpdesk"), "member", Ds389::person_dn("ada")), 0);
    EXPECT_EQ(plugin.groups_of("ada"), (std::map<std::string, bool>{{"helpdesk", false}, {"outer", true}}));
    const auto outer = plugin.group_id(Ds389::group_dn("outer")), ada = plugin.person_id("ada");
    EXPECT_FALSE(plugin.is_member(outer, ada));
    EXPECT_EQ(plugin.remove(outer, ada), "already_absent absent");
    EXPECT_EQ(plugin.groups_of("ada").at("outer"), true);
}

TEST_F(Ds389Flavour, ThePosixGroupNumberIsToldAsSuch) {
    ASSERT_EQ(server_.add_group("unix-admins", "posixGroup", {{"gidNumber", "10000"}}), 0);  // everybody's number here
    FlavourPlugin plugin(settings_for(server_, managed));
    EXPECT_EQ(plugin.groups_of("ada"), (std::map<std::string, bool>{{"unix-admins", true}}));
    const auto group = plugin.group_id(Ds389::group_dn("unix-admins")), ada = plugin.person_id("ada");
    EXPECT_EQ(plugin.add(group, ada), "added present");
    EXPECT_EQ(plugin.groups_of("ada"), (std::map<std::string, bool>{{"unix-admins", false}}));
    EXPECT_EQ(plugin.remove(group, ada), "removed absent");
}

TEST_F(Ds389Flavour, FiveThousandMembersAreNoTrouble) {
    std::vector<std::string> crowd{Ds389::person_dn("ben")};
    for (int number = 1; number < 5000; ++number) crowd.push_back("cn=device" + std::to_string(number) + ",dc=example,dc=test");
    ASSERT_EQ(server_.add_group("crowd", "groupOfNames"), 0);
    ASSERT_EQ(server_.replace_values(Ds389::group_dn("crowd"), "member", crowd), 0);
    FlavourPlugin plugin(settings_for(server_, managed));
    const auto group = plugin.group_id(Ds389::group_dn("crowd")), ada = plugin.person_id("ada");
    EXPECT_EQ(plugin.member_logins(group), std::vector<std::string>{"ben"});
    EXPECT_TRUE(plugin.is_member(group, plugin.person_id("ben")));
    EXPECT_FALSE(plugin.is_member(group, ada));
    EXPECT_EQ(plugin.add(group, ada), "added present");
    EXPECT_EQ(plugin.remove(group, ada), "removed absent");
    EXPECT_EQ(server_.values(Ds389::group_dn("crowd"), "member").size(), 5000U);
}

TEST_F(Ds389Flavour, ARenamedPersonIsTheSamePersonAndANamesakeIsNot) {
    FlavourPlugin plugin(settings_for(server_, managed));
    const auto group = plugin.group_id(dn_), ada = plugin.person_id("ada");
    ASSERT_EQ(plugin.add(group, ada), "added present");
    ASSERT_EQ(server_.rename_entry(Ds389::person_dn("ada"), "uid=ada2"), 0);
    ASSERT_EQ(server_.add_person("ada", "Another Ada"), 0);
    FlavourPlugin fresh(settings_for(server_, managed));
    EXPECT_EQ(fresh.person_id("ada2"), ada);
    const auto namesake = fresh.person_id("ada");
    EXPECT_NE(namesake, ada);
    EXPECT_TRUE(fresh.is_member(group, ada));
    EXPECT_FALSE(fresh.is_member(group, namesake));
    EXPECT_EQ(plugin.remove(group, ada), "removed absent");
    EXPECT_TRUE(server_.values(dn_, "member").empty());
}

TEST_F(Ds389Flavour, AGroupMadeAnewOrRenamedIsNotWritten) {
    FlavourPlugin plugin(settings_for(server_, managed));
    const auto old = plugin.group_id(dn_), ada = plugin.person_id("ada");
    ASSERT_EQ(plugin.add(old, ada), "added present");
    ASSERT_EQ(server_.rename_entry(dn_, "cn=moved"), 0);
    for (const auto* verb : {"add", "remove"}) EXPECT_EQ(plugin.fail(verb, FlavourPlugin::pair(old, ada)).reason, "not_allowed") << verb;
    EXPECT_TRUE(plugin.is_member(old, ada)) << "reading follows the id";
    ASSERT_EQ(server_.remove_entry(Ds389::group_dn("moved")), 0);
    ASSERT_EQ(server_.add_group("ehr-reset", "groupOfNames", {{"member", Ds389::person_dn("ben")}}), 0);
    for (const auto* verb : {"add", "remove", "read_back"}) EXPECT_EQ(plugin.fail(verb, FlavourPlugin::pair(old, ada)).reason, "not_found") << verb;
    EXPECT_EQ(server_.values(dn_, "member"), std::vector<std::string>{Ds389::person_dn("ben")}) << "nothing of the new group was touched";
    EXPECT_NE(plugin.group_id(dn_), old);
}

TEST_F(Ds389Flavour, WhatIsReadOnlySaysSoAndRemovesNothing) {
    FlavourPlugin plugin(settings_for(server_, managed));
    const auto group = plugin.group_id(dn_), ada = plugin.person_id("ada");
    ASSERT_EQ(plugin.add(group, ada), "added present");
    for (const std::string dn : {"cn=userroot,cn=ldbm database,cn=plugins,cn=config", "cn=config"}) {
        ASSERT_EQ(server_.replace_value(dn, "nsslapd-readonly", "on"), 0) << dn;
        for (const auto* verb : {"add", "remove"}) {
            const auto failure = plugin.fail(verb, FlavourPlugin::pair(group, ada));
            EXPECT_EQ(failure.reason, "refused") << dn << ": " << verb;
            EXPECT_EQ(failure.result_code, 53);
            EXPECT_NE(failure.message.find("takes no writes"), std::string::npos) << failure.message;
        }
        ASSERT_EQ(server_.replace_value(dn, "nsslapd-readonly", "off"), 0) << dn;
    }
    EXPECT_EQ(plugin.remove(group, ada), "removed absent");
}

TEST_F(Ds389Flavour, TwoPeopleWithOneLoginAreNobody) {
    ASSERT_EQ(server_.add_value(Ds389::person_dn("ben"), "uid", "ada"), 0);
    FlavourPlugin plugin(settings_for(server_, managed));
    EXPECT_EQ(plugin.fail("person", {{"login", "ada"}}).reason, "refused");
    EXPECT_EQ(plugin.person("ben").at("login").as_string(), "ben");
}

TEST_F(Ds389Flavour, AValueTooLongForAnybodyHidesNobody) {
    ASSERT_EQ(server_.replace_value(Ds389::person_dn("ada"), "mail", std::string(1'000'000, 'm')), 0);
    ASSERT_EQ(server_.add_value(Ds389::person_dn("ada"), "manager", "cn=" + std::string(1000, 'm') + ",dc=example,dc=test"), 0);
    FlavourPlugin plugin(settings_for(server_, managed));
    EXPECT_EQ(plugin.person("ada").at("mail").as_string(), "");
    EXPECT_EQ(plugin.person("ada").at("manager").as_string(), "");
    EXPECT_TRUE(plugin.is_enabled("ada"));
}

}  // namespace
}  // namespace stint::testing
