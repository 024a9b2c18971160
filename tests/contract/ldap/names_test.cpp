// Names that bite, names that change, names that come back as somebody else.
#include "tests/contract/ldap/world.hpp"

#include <optional>
#include <string>
#include <tuple>

namespace stint::testing {
namespace {

const std::string people = ",ou=people,dc=example,dc=test";

class LdapNames : public ::testing::Test {
protected:
    Slapd slapd_;
    LdapPlugin plugin_{settings_for(slapd_)};
    std::string dn_ = Slapd::group_dn("ehr-reset");

    [[nodiscard]] bool group_holds(const std::string& value) { return holds(slapd_.values(dn_, "member"), value); }
    /// A plugin that remembers nothing.
    void start_anew(std::optional<LdapPlugin>& fresh) { fresh.emplace(settings_for(slapd_)); }
};

TEST_F(LdapNames, SpecialCharactersGoThroughEveryMethod) {
    const std::vector<std::tuple<std::string, std::string>> persons = {
        {"cn=Smith\\, \\\"J\\\" #1\\+x", "we*ird(lo)gin\\x"}, {"cn=\\ leading and trailing\\ ", "(&(uid=*))"}, {"cn=\\#hash", "a+b,c=d"},
        {"cn=Zo\xC3\xAB \xE6\x9D\x8E", "zo\xC3\xAB"},          {"cn=a\\;b\\<c\\>d\\=e", "*"},                  {"cn=semi+uid=multi", "multi"}};
    const auto dn_group = plugin_.group_id("ehr-reset"), unique = plugin_.group_id("lab-access");
    for (const auto& [rdn, login] : persons) {
        ASSERT_EQ(slapd_.add_person(rdn + people, login, rdn == "cn=semi+uid=multi" ? "semi" : "Name of " + login), 0) << rdn;
        const auto id = slapd_.entry_uuid(rdn + people);
        EXPECT_EQ(plugin_.person_id(login), id) << rdn;
        for (const auto& group : {dn_group, unique}) {
            EXPECT_EQ(told(plugin_.add(group, id)), "added present") << rdn;
            EXPECT_TRUE(plugin_.is_member(group, id)) << rdn;
            EXPECT_EQ(plugin_.member_logins(group), std::vector<std::string>{login});
            EXPECT_EQ(plugin_.call("person", {{"login", login}}).at("person").as_object().at("groups").as_array().size(), 1U);
            EXPECT_EQ(told(plugin_.remove(group, id)), "removed absent") << rdn;
        }
    }
    const auto posix = plugin_.group_id("unix-admins");
    const auto ascii = plugin_.person_id("we*ird(lo)gin\\x");
    EXPECT_EQ(told(plugin_.add(posix, ascii)), "added present");
    EXPECT_EQ(plugin_.member_logins(posix), std::vector<std::string>{"we*ird(lo)gin\\x"});
    EXPECT_EQ(told(plugin_.remove(posix, ascii)), "removed absent");
    // memberUid is ASCII only: the server says so, definitely.
    EXPECT_EQ(plugin_.fail("add", LdapPlugin::pair(posix, plugin_.person_id("zo\xC3\xAB"))).result_code, 21);
}

/// Which spellings are one name the server decides (RFC 4518: case, blanks, compositions); we must not be stricter.
TEST_F(LdapNames, AValueTheServerTakesForThePersonIsThePersons) {
    ASSERT_EQ(slapd_.add_person("cn=Zo\xC3\xAB" + people, "zoe", "Zoe"), 0);
    ASSERT_EQ(slapd_.add_value(dn_, "member", "CN=zoe\xCC\x88" + people), 0) << "decomposed";
    const auto group = plugin_.group_id("ehr-reset"), zoe = plugin_.person_id("zoe");
    EXPECT_TRUE(plugin_.is_member(group, zoe));
    EXPECT_EQ(told(plugin_.remove(group, zoe)), "removed absent");
    EXPECT_EQ(slapd_.values(dn_, "member"), std::vector<std::string>{"cn=nobody,dc=example,dc=test"});
}

TEST_F(LdapNames, ARenamedPersonLosesTheOldNameToo) {
    const auto group = plugin_.group_id("ehr-reset"), ada = plugin_.person_id("ada");
    plugin_.add(group, ada);
    ASSERT_EQ(slapd_.rename_entry(Slapd::person_dn("ada"), "uid=ada2"), 0);
    ASSERT_TRUE(group_holds(Slapd::person_dn("ada"))) << "OpenLDAP leaves the old name without refint";
    EXPECT_TRUE(plugin_.is_member(group, ada));
    EXPECT_EQ(told(plugin_.remove(group, ada)), "removed absent");
    EXPECT_FALSE(group_holds(Slapd::person_dn("ada")));
}

TEST_F(LdapNames, OldAndNewNameGoTogether) {
    const auto group = plugin_.group_id("ehr-reset"), ada = plugin_.person_id("ada");
    plugin_.add(group, ada);
    ASSERT_EQ(slapd_.rename_entry(Slapd::person_dn("ada"), "uid=ada2"), 0);
    ASSERT_EQ(slapd_.add_value(dn_, "member", Slapd::person_dn("ada2")), 0);
    EXPECT_EQ(told(plugin_.remove(group, ada)), "removed absent");
    EXPECT_FALSE(group_holds(Slapd::person_dn("ada")));
    EXPECT_FALSE(group_holds(Slapd::person_dn("ada2")));
}

TEST_F(LdapNames, SomebodyNewUnderTheOldNameDoesNotInheritThePower) {
    const auto group = plugin_.group_id("ehr-reset"), ada = plugin_.person_id("ada");
    plugin_.add(group, ada);
    ASSERT_EQ(slapd_.rename_entry(Slapd::person_dn("ada"), "uid=ada2"), 0);
    ASSERT_EQ(slapd_.add_person(Slapd::person_dn("ada"), "ada", "Another Ada"), 0);
    EXPECT_EQ(told(plugin_.remove(group, ada)), "removed absent");
    EXPECT_FALSE(group_holds(Slapd::person_dn("ada")));
}

TEST_F(LdapNames, AMoveIsFoundAfterARestart) {
    const auto group = plugin_.group_id("ehr-reset"), ada = plugin_.person_id("ada");
    plugin_.add(group, ada);
    ASSERT_EQ(slapd_.add_entry("ou=leavers" + people, {{"objectClass", "organizationalUnit"}, {"ou", "leavers"}}), 0);
    ASSERT_EQ(slapd_.rename_entry(Slapd::person_dn("ada"), "uid=ada", "ou=leavers" + people), 0);
    std::optional<LdapPlugin> fresh;
    start_anew(fresh);
    EXPECT_TRUE(fresh->is_member(group, ada));
    EXPECT_EQ(told(fresh->remove(group, ada)), "removed absent");
    EXPECT_FALSE(group_holds(Slapd::person_dn("ada")));
}

TEST_F(LdapNames, APersonMovedOutOfThePeopleIsStillAMemberAndIsRemoved) {
    const auto group = plugin_.group_id("ehr-reset"), ada = plugin_.person_id("ada");
    plugin_.add(group, ada);
    // As refint would have it: the value follows the entry out of the base.
    ASSERT_EQ(slapd_.add_value(dn_, "member", "uid=ada,ou=groups,dc=example,dc=test"), 0);
    ASSERT_EQ(slapd_.remove_value(dn_, "member", Slapd::person_dn("ada")), 0);
    ASSERT_EQ(slapd_.rename_entry(Slapd::person_dn("ada"), "uid=ada", "ou=groups,dc=example,dc=test"), 0);
    EXPECT_TRUE(plugin_.is_member(group, ada));
    std::optional<LdapPlugin> fresh;
    start_anew(fresh);
    EXPECT_TRUE(fresh->is_member(group, ada));
    EXPECT_EQ(fresh->fail("add", LdapPlugin::pair(group, ada)).code, 4) << "who is not among the people is given nothing";
    EXPECT_EQ(told(fresh->remove(group, ada)), "removed absent");
    EXPECT_FALSE(group_holds("uid=ada,ou=groups,dc=example,dc=test"));
}

TEST_F(LdapNames, TheHintFindsARenamedPersonAfterARestart) {
    const auto group = plugin_.group_id("ehr-reset"), ada = plugin_.person_id("ada");
    plugin_.add(group, ada);
    ASSERT_EQ(slapd_.rename_entry(Slapd::person_dn("ada"), "uid=ada2"), 0);
    std::optional<LdapPlugin> fresh;
    start_anew(fresh);
    auto params = LdapPlugin::pair(group, ada);
    EXPECT_FALSE(fresh->is_member(group, ada)) << "nothing tells of the old login";
    start_anew(fresh);
    params["person_hint"] = json::object{{"login", "ada"}, {"name", "Ada Osei"}};
    EXPECT_TRUE(fresh->call("read_back", params).at("present").as_bool());
    EXPECT_EQ(told(fresh->call("remove", params)), "removed absent");
    EXPECT_FALSE(group_holds(Slapd::person_dn("ada")));
}

TEST_F(LdapNames, AHintNeverTakesAwayWhatBelongsToSomebodyElse) {
    const auto group = plugin_.group_id("ehr-reset"), ada = plugin_.person_id("ada");
    ASSERT_EQ(slapd_.add_value(dn_, "member", Slapd::person_dn("ben")), 0);
    auto params = LdapPlugin::pair(group, ada);
    params["person_hint"] = json::object{{"login", "ben"}, {"name", "Ben Mensah"}};
    EXPECT_EQ(told(plugin_.call("remove", params)), "already_absent absent");
    EXPECT_TRUE(group_holds(Slapd::person_dn("ben")));
    const auto posix = plugin_.group_id("unix-admins");
    ASSERT_EQ(slapd_.add_value(Slapd::group_dn("unix-admins"), "memberUid", "ben"), 0);
    params["group"] = posix;
    EXPECT_EQ(told(plugin_.call("remove", params)), "already_absent absent");
    EXPECT_TRUE(holds(slapd_.values(Slapd::group_dn("unix-admins"), "memberUid"), "ben"));
}

TEST_F(LdapNames, ADeletedPersonIsStillRemoved) {
    const auto group = plugin_.group_id("ehr-reset"), ada = plugin_.person_id("ada"), jon = plugin_.person_id("jon");
    plugin_.add(group, ada);
    plugin_.add(group, jon);
    ASSERT_EQ(slapd_.remove_entry(Slapd::person_dn("ada")), 0);
    ASSERT_EQ(slapd_.remove_entry(Slapd::person_dn("jon")), 0);
    EXPECT_TRUE(plugin_.is_member(group, ada)) << "the value is still there";
    EXPECT_EQ(told(plugin_.remove(group, ada)), "removed absent") << "from memory";
    std::optional<LdapPlugin> fresh;
    start_anew(fresh);
    auto params = LdapPlugin::pair(group, jon);
    params["person_hint"] = json::object{{"login", "jon"}, {"name", "Jon Wolf"}};
    EXPECT_EQ(told(fresh->call("remove", params)), "removed absent") << "by the hint";
    EXPECT_EQ(slapd_.values(dn_, "member"), std::vector<std::string>{"cn=nobody,dc=example,dc=test"});
    EXPECT_EQ(fresh->fail("add", LdapPlugin::pair(group, ada)).reason, "not_found");
}

TEST_F(LdapNames, ARenamedLoginLeavesPosixGroupsToo) {
    const auto group = plugin_.group_id("unix-admins"), ada = plugin_.person_id("ada");
    plugin_.add(group, ada);
    ASSERT_EQ(slapd_.rename_entry(Slapd::person_dn("ada"), "uid=ada2"), 0);
    EXPECT_TRUE(plugin_.is_member(group, ada));
    EXPECT_EQ(told(plugin_.remove(group, ada)), "removed absent");
    EXPECT_TRUE(slapd_.values(Slapd::group_dn("unix-admins"), "memberUid").empty());
}

TEST_F(LdapNames, AGroupMadeAnewUnderTheSameNameIsAnotherGroup) {
    const auto old = plugin_.group_id("ehr-reset"), ada = plugin_.person_id("ada");
    plugin_.add(old, ada);
    ASSERT_EQ(slapd_.remove_entry(dn_), 0);
    ASSERT_EQ(slapd_.add_entry(dn_, {{"objectClass", "groupOfNames"}, {"cn", "ehr-reset"}, {"member", "cn=nobody,dc=example,dc=test"}, {"member", Slapd::person_dn("ada")}}), 0);
    for (const auto* verb : {"add", "remove", "read_back"}) {
        const auto failure = plugin_.fail(verb, LdapPlugin::pair(old, ada));
        EXPECT_EQ(failure.reason, "not_found") << verb << ": " << failure.message;
    }
    EXPECT_TRUE(group_holds(Slapd::person_dn("ada"))) << "nothing of the new group was touched";
    const auto now = plugin_.call("group", {{"name", dn_}}).at("group").as_object();
    const auto id = LdapPlugin::text(now, "id");
    EXPECT_NE(id, old);
    EXPECT_FALSE(now.at("managed").as_bool()) << "not as long as the process runs that saw the old one";
    const auto failure = plugin_.fail("remove", LdapPlugin::pair(id, ada));
    EXPECT_EQ(failure.reason, "not_allowed");
    EXPECT_NE(failure.message.find("restart"), std::string::npos) << failure.message;
    plugin_.wait_for_log("restart to accept the new one");
    std::optional<LdapPlugin> fresh;
    start_anew(fresh);
    EXPECT_EQ(told(fresh->remove(id, ada)), "removed absent");
}

/// Out of the base, or out of what the account may read: it looks the same as deleted, and proves nothing.
TEST_F(LdapNames, AGroupThatIsNotFoundAnyMoreKeepsItsPlace) {
    auto settings = settings_for(slapd_);
    settings["groups"] = json::object{{"base", "ou=groups,dc=example,dc=test"}};
    LdapPlugin plugin(settings);
    const auto group = plugin.group_id("ehr-reset"), ada = plugin.person_id("ada");
    ASSERT_EQ(slapd_.rename_entry(dn_, "cn=ehr-reset", "ou=people,dc=example,dc=test"), 0);
    ASSERT_EQ(slapd_.rename_entry(Slapd::group_dn("domain-admins"), "cn=ehr-reset"), 0);
    const auto impostor = plugin.call("group", {{"name", dn_}}).at("group").as_object();
    EXPECT_FALSE(impostor.at("managed").as_bool());
    const auto id = LdapPlugin::text(impostor, "id");
    EXPECT_FALSE(plugin.call("group", {{"id", id}}).at("group").at("managed").as_bool());
    EXPECT_EQ(plugin.fail("add", LdapPlugin::pair(id, ada)).reason, "not_allowed");
    EXPECT_EQ(plugin.fail("add", LdapPlugin::pair(group, ada)).reason, "not_found");
    EXPECT_EQ(slapd_.values(dn_, "member"), std::vector<std::string>{"cn=nobody,dc=example,dc=test"});
}

TEST_F(LdapNames, ARenamedGroupIsNotWrittenUntilItIsListed) {
    const auto group = plugin_.group_id("ehr-reset"), ada = plugin_.person_id("ada");
    plugin_.add(group, ada);
    ASSERT_EQ(slapd_.rename_entry(dn_, "cn=ehr-reset-2"), 0);
    for (const auto* verb : {"add", "remove"}) {
        const auto failure = plugin_.fail(verb, LdapPlugin::pair(group, ada));
        EXPECT_EQ(failure.reason, "not_allowed") << verb << ": " << failure.message;
        EXPECT_NE(failure.message.find("cn=ehr-reset-2"), std::string::npos) << failure.message;
    }
    EXPECT_TRUE(plugin_.is_member(group, ada)) << "reading follows the id";
    ASSERT_EQ(slapd_.rename_entry(Slapd::group_dn("ehr-reset-2"), "cn=ehr-reset"), 0);
    EXPECT_EQ(told(plugin_.remove(group, ada)), "removed absent");
}

TEST_F(LdapNames, AGroupPutInTheListedPlaceOfAnotherIsRefused) {
    const auto group = plugin_.group_id("ehr-reset"), ada = plugin_.person_id("ada");
    ASSERT_EQ(slapd_.rename_entry(dn_, "cn=aside"), 0);
    ASSERT_EQ(slapd_.rename_entry(Slapd::group_dn("domain-admins"), "cn=ehr-reset"), 0);
    EXPECT_EQ(plugin_.fail("add", LdapPlugin::pair(group, ada)).reason, "not_allowed");
    const auto impostor = plugin_.call("group", {{"name", dn_}}).at("group").as_object();
    EXPECT_FALSE(impostor.at("managed").as_bool());
    EXPECT_EQ(plugin_.fail("add", LdapPlugin::pair(LdapPlugin::text(impostor, "id"), ada)).reason, "not_allowed");
    EXPECT_EQ(slapd_.values(dn_, "member"), std::vector<std::string>{"cn=nobody,dc=example,dc=test"});
}

TEST_F(LdapNames, AGroupThatComesLaterIsManagedWhenItIsListed) {
    ASSERT_EQ(slapd_.add_entry(Slapd::group_dn("bulk1"), {{"objectClass", "groupOfNames"}, {"cn", "bulk1"}, {"member", "cn=nobody,dc=example,dc=test"}}), 0);
    EXPECT_EQ(told(plugin_.add(slapd_.entry_uuid(Slapd::group_dn("bulk1")), plugin_.person_id("ada"))), "added present");
}

}  // namespace
}  // namespace stint::testing
