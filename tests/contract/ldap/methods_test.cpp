// Every method of the protocol on every schema, against a real slapd.
#include "tests/contract/ldap/world.hpp"

#include <boost/json/serialize.hpp>

#include <string>
#include <utility>
#include <vector>

namespace stint::testing {
namespace {

/// One server for all tests of this file; each test leaves the groups as they were.
class LdapMethods : public ::testing::Test {
protected:
    static void SetUpTestSuite() { slapd_ = new Slapd; }
    static void TearDownTestSuite() {
        delete slapd_;
        slapd_ = nullptr;
    }
    static Slapd* slapd_;
    LdapPlugin plugin_{settings_for(*slapd_)};
};
Slapd* LdapMethods::slapd_ = nullptr;

struct Schema {
    const char* group;
    const char* attribute;
    const char* value;
    const char* kind;
};
class LdapSchema : public LdapMethods, public ::testing::WithParamInterface<Schema> {};

TEST_P(LdapSchema, AddsReadsBackAndRemoves) {
    const auto [name, attribute, value, kind] = GetParam();
    const auto dn = Slapd::group_dn(name);
    const auto told_group = plugin_.call("group", {{"name", dn}}).at("group").as_object();
    EXPECT_EQ(told_group.at("id").as_string(), slapd_->entry_uuid(dn));
    EXPECT_EQ(told_group.at("kind").as_string(), kind);
    EXPECT_TRUE(told_group.at("managed").as_bool());
    EXPECT_TRUE(told_group.at("may_be_empty").as_bool());
    const auto group = LdapPlugin::text(told_group, "id"), ada = plugin_.person_id("ada");

    EXPECT_FALSE(plugin_.is_member(group, ada));
    EXPECT_EQ(told(plugin_.add(group, ada)), "added present");
    EXPECT_TRUE(holds(slapd_->values(dn, attribute), value));
    EXPECT_EQ(told(plugin_.add(group, ada)), "already_present present");
    EXPECT_TRUE(plugin_.is_member(group, ada));
    EXPECT_EQ(plugin_.member_logins(group), std::vector<std::string>{"ada"});
    EXPECT_EQ(told(plugin_.remove(group, ada)), "removed absent");
    EXPECT_FALSE(holds(slapd_->values(dn, attribute), value));
    EXPECT_EQ(told(plugin_.remove(group, ada)), "already_absent absent");
    EXPECT_FALSE(plugin_.is_member(group, ada));
}

TEST_P(LdapSchema, SeesWhatOthersDoBehindItsBack) {
    const auto [name, attribute, value, kind] = GetParam();
    const auto dn = Slapd::group_dn(name);
    const auto group = plugin_.group_id(name), ada = plugin_.person_id("ada");
    ASSERT_EQ(slapd_->add_value(dn, attribute, value), 0);
    EXPECT_TRUE(plugin_.is_member(group, ada));
    EXPECT_EQ(told(plugin_.add(group, ada)), "already_present present");
    ASSERT_EQ(slapd_->remove_value(dn, attribute, value), 0);
    EXPECT_FALSE(plugin_.is_member(group, ada));
    EXPECT_EQ(told(plugin_.remove(group, ada)), "already_absent absent");
}

INSTANTIATE_TEST_SUITE_P(All, LdapSchema,
                         ::testing::Values(Schema{"ehr-reset", "member", "uid=ada,ou=people,dc=example,dc=test", "groupOfNames"},
                                           Schema{"lab-access", "uniqueMember", "uid=ada,ou=people,dc=example,dc=test", "groupOfUniqueNames"},
                                           Schema{"unix-admins", "memberUid", "ada", "posixGroup"}),
                         [](const auto& info) { return std::string(info.param.attribute); });

TEST_F(LdapMethods, TellsAPersonWithGroups) {
    const auto ada = plugin_.call("person", {{"login", "ada"}}).at("person").as_object();
    EXPECT_EQ(ada.at("id").as_string(), slapd_->entry_uuid(Slapd::person_dn("ada")));
    EXPECT_EQ(ada.at("login").as_string(), "ada");
    EXPECT_EQ(ada.at("name").as_string(), "Ada Osei");
    EXPECT_EQ(ada.at("mail").as_string(), "ada@example.test");
    EXPECT_EQ(ada.at("manager").as_string(), "ben");
    EXPECT_TRUE(ada.at("enabled").as_bool());
    ASSERT_EQ(ada.at("groups").as_array().size(), 1U);
    EXPECT_EQ(LdapPlugin::text(ada.at("groups").as_array()[0], "name"), Slapd::group_dn("helpdesk"));
    EXPECT_EQ(plugin_.call("person", {{"id", ada.at("id")}}).at("person").as_object(), ada);
    EXPECT_EQ(plugin_.fail("person", {{"login", "ADA"}}).reason, "not_found") << "another account of the host";
    EXPECT_FALSE(plugin_.call("person", {{"login", "hal"}}).at("person").as_object().at("enabled").as_bool());
}

TEST_F(LdapMethods, GroupsOfAPersonSpanTheSchemas) {
    const auto ivy = plugin_.person_id("ivy");
    for (const auto* name : {"ehr-reset", "lab-access", "unix-admins"}) EXPECT_EQ(told(plugin_.add(plugin_.group_id(name), ivy)), "added present");
    const auto groups = plugin_.call("person", {{"login", "ivy"}}).at("person").as_object().at("groups").as_array();
    EXPECT_EQ(groups.size(), 4U) << "helpdesk, and one of each schema";
    for (const auto* name : {"ehr-reset", "lab-access", "unix-admins"}) EXPECT_EQ(told(plugin_.remove(plugin_.group_id(name), ivy)), "removed absent");
}

TEST_F(LdapMethods, UnknownPersonsAndGroupsAreNotFound) {
    EXPECT_EQ(plugin_.fail("person", {{"login", "nobody"}}).reason, "not_found");
    EXPECT_EQ(plugin_.fail("person", {{"login", "*"}}).reason, "not_found");
    EXPECT_EQ(plugin_.fail("person", {{"login", "ada)(uid=ben"}}).reason, "not_found");
    EXPECT_EQ(plugin_.fail("person", {{"id", "11111111-1111-4111-8111-111111111111"}}).reason, "not_found");
    EXPECT_EQ(plugin_.fail("person", {{"id", "*"}}).reason, "not_found");
    EXPECT_EQ(plugin_.fail("group", {{"name", Slapd::group_dn("nothing")}}).reason, "not_found");
    EXPECT_EQ(plugin_.fail("group", {{"name", "helpdesk"}}).reason, "not_found");
    EXPECT_EQ(plugin_.fail("add", LdapPlugin::pair("x", plugin_.person_id("ada"))).reason, "not_found");
    EXPECT_EQ(plugin_.fail("add", LdapPlugin::pair(plugin_.group_id("ehr-reset"), "11111111-1111-4111-8111-111111111111")).reason, "not_found");
    EXPECT_EQ(plugin_.fail("person", {{"login", 5}}).code, -32602);
    EXPECT_EQ(plugin_.fail("person", {}).code, -32602);
    EXPECT_EQ(plugin_.fail("remove_everything", {}).code, -32601);
}

TEST_F(LdapMethods, AnAmbiguousLoginIsRefused) {
    ASSERT_EQ(slapd_->add_person("uid=twin,ou=people,dc=example,dc=test", "twin", "Twin One"), 0);
    ASSERT_EQ(slapd_->add_person("cn=Twin Two,ou=people,dc=example,dc=test", "TWIN", "Twin Two"), 0);
    const auto failure = plugin_.fail("person", {{"login", "twin"}});
    EXPECT_EQ(failure.reason, "refused");
    ASSERT_EQ(slapd_->remove_entry("cn=Twin Two,ou=people,dc=example,dc=test"), 0);
    EXPECT_EQ(LdapPlugin::text(plugin_.call("person", {{"login", "twin"}}).at("person"), "name"), "Twin One");
    ASSERT_EQ(slapd_->remove_entry("uid=twin,ou=people,dc=example,dc=test"), 0);
}

/// What many ask at once goes to the server together; what each is told must not depend on who else asks.
TEST_F(LdapMethods, WhoAsksAmongManyIsToldTheSameAsAlone) {
    ASSERT_EQ(slapd_->add_person("uid=twin,ou=people,dc=example,dc=test", "twin", "Twin One"), 0);
    ASSERT_EQ(slapd_->add_person("cn=Twin Two,ou=people,dc=example,dc=test", "TWIN", "Twin Two"), 0);
    const auto ada = plugin_.person_id("ada"), ben = plugin_.person_id("ben"), ivy = plugin_.person_id("ivy");
    for (const auto* name : {"ehr-reset", "lab-access", "unix-admins"}) EXPECT_EQ(told(plugin_.add(plugin_.group_id(name), ivy)), "added present");
    std::vector<std::pair<std::string, json::object>> questions;
    for (const auto* login : {"ada", "ben", "hal", "ivy", "ADA", "nobody", "twin", "TWIN", "Twin", "ada ", "*", "\xC3\xA4"})
        questions.emplace_back("person", json::object{{"login", login}});
    for (const auto& id : {ada, ben, ivy, std::string("11111111-1111-4111-8111-111111111111")}) {
        questions.emplace_back("person", json::object{{"id", id}});
        for (const auto* name : {"ehr-reset", "lab-access", "unix-admins", "helpdesk"})
            questions.emplace_back("read_back", LdapPlugin::pair(plugin_.group_id(name), id));
    }
    const auto said = [](json::object answer) {
        answer.erase("id");
        return json::serialize(answer);
    };
    std::vector<std::string> alone;
    for (const auto& [method, params] : questions) alone.push_back(said(plugin_.answer(plugin_.send(method, params))));
    std::vector<int> sent;
    for (int round = 0; round < 5; ++round)
        for (const auto& [method, params] : questions) sent.push_back(plugin_.send(method, params));
    for (std::size_t i = 0; i < sent.size(); ++i)
        EXPECT_EQ(said(plugin_.answer(sent[i])), alone[i % alone.size()]) << json::serialize(questions[i % alone.size()].second);
    for (const auto* name : {"ehr-reset", "lab-access", "unix-admins"}) EXPECT_EQ(told(plugin_.remove(plugin_.group_id(name), ivy)), "removed absent");
    ASSERT_EQ(slapd_->remove_entry("cn=Twin Two,ou=people,dc=example,dc=test"), 0);
    ASSERT_EQ(slapd_->remove_entry("uid=twin,ou=people,dc=example,dc=test"), 0);
}

TEST_F(LdapMethods, OnlyManagedGroupsAreWritten) {
    const auto ada = plugin_.person_id("ada");
    for (const auto* name : {"domain-admins", "helpdesk"}) {
        const auto group = plugin_.call("group", {{"name", Slapd::group_dn(name)}}).at("group").as_object();
        EXPECT_FALSE(group.at("managed").as_bool());
        const auto before = slapd_->values(Slapd::group_dn(name), "member");
        for (const auto* verb : {"add", "remove"})
            EXPECT_EQ(plugin_.fail(verb, LdapPlugin::pair(LdapPlugin::text(group, "id"), ada)).reason, "not_allowed") << verb << name;
        EXPECT_EQ(slapd_->values(Slapd::group_dn(name), "member"), before);
    }
    EXPECT_TRUE(plugin_.is_member(plugin_.group_id("helpdesk"), ada)) << "reading is allowed everywhere";
}

TEST_F(LdapMethods, ADefiniteNoIsRefusedWithItsCode) {
    const auto failure = plugin_.fail("add", LdapPlugin::pair(plugin_.group_id("forbidden"), plugin_.person_id("ada")));
    EXPECT_EQ(failure.reason, "refused");
    EXPECT_EQ(failure.result_code, 50);
    EXPECT_NE(failure.message.find("right to write"), std::string::npos) << failure.message;
}

TEST_F(LdapMethods, TheLastMemberOfAGroupOfNamesStays) {
    const auto solo = plugin_.call("group", {{"name", Slapd::group_dn("solo")}}).at("group").as_object();
    EXPECT_FALSE(solo.at("may_be_empty").as_bool());
    const auto failure = plugin_.fail("remove", LdapPlugin::pair(LdapPlugin::text(solo, "id"), plugin_.person_id("kim")));
    EXPECT_EQ(failure.reason, "refused");
    EXPECT_EQ(failure.result_code, 65);
    EXPECT_NE(failure.message.find("placeholder"), std::string::npos) << failure.message;
    EXPECT_TRUE(plugin_.is_member(LdapPlugin::text(solo, "id"), plugin_.person_id("kim")));
}

TEST_F(LdapMethods, MembersComeInPagesAndLeaveNobodyOut) {
    const auto group = plugin_.group_id("helpdesk");
    for (const int limit : {1, 2, 3, 4, 500}) EXPECT_EQ(plugin_.member_logins(group, limit), (std::vector<std::string>{"ada", "ben", "ivy", "jon"})) << limit;
    ASSERT_EQ(slapd_->add_value(Slapd::group_dn("helpdesk"), "member", "uid=gone,ou=people,dc=example,dc=test"), 0);
    ASSERT_EQ(slapd_->add_value(Slapd::group_dn("helpdesk"), "member", "cn=nobody,dc=example,dc=test"), 0);
    EXPECT_EQ(plugin_.member_logins(group, 2).size(), 4U) << "values that are nobody are left out";
    ASSERT_EQ(slapd_->remove_value(Slapd::group_dn("helpdesk"), "member", "uid=gone,ou=people,dc=example,dc=test"), 0);
    ASSERT_EQ(slapd_->remove_value(Slapd::group_dn("helpdesk"), "member", "cn=nobody,dc=example,dc=test"), 0);
    for (const json::value& bad : {json::value(0), json::value(501), json::value("2")})
        EXPECT_EQ(plugin_.fail("members", {{"group", group}, {"limit", bad}}).code, -32602);
}

/// The broker takes 256 bytes, and refuses a whole page for one login that is longer.
TEST_F(LdapMethods, ALoginTooLongForTheBrokerHidesNobodyElse) {
    const std::string longest(256, 'l'), too_long(257, 'x'), alias(300, 'y');
    const auto dn_of = [](const std::string& name) { return "cn=" + name + ",ou=people,dc=example,dc=test"; };
    const std::vector<std::string> members{dn_of("Long"), dn_of("Longer"), dn_of("Alias"), Slapd::person_dn("ada")};
    ASSERT_EQ(slapd_->add_person(members[0], longest, "Long"), 0);
    ASSERT_EQ(slapd_->add_person(members[1], too_long, "Longer"), 0);
    ASSERT_EQ(slapd_->add_person(members[2], alias, "Alias"), 0);
    ASSERT_EQ(slapd_->add_value(members[2], "uid", "short"), 0);
    for (const auto& dn : members) ASSERT_EQ(slapd_->add_value(Slapd::group_dn("ehr-reset"), "member", dn), 0);
    const auto group = plugin_.group_id("ehr-reset"), hidden = slapd_->entry_uuid(members[1]);
    EXPECT_EQ(plugin_.member_logins(group), (std::vector<std::string>{"ada", longest, "short"}));
    plugin_.wait_for_log("left out");
    EXPECT_EQ(plugin_.call("person", {{"login", "short"}}).at("person").at("login").as_string(), "short");
    const auto failure = plugin_.fail("person", {{"login", too_long}});
    EXPECT_EQ(failure.reason, "refused");
    EXPECT_NE(failure.message.find("256"), std::string::npos) << failure.message;
    EXPECT_EQ(plugin_.fail("add", LdapPlugin::pair(group, hidden)).reason, "not_found") << "who cannot be told is given nothing";
    EXPECT_EQ(told(plugin_.remove(group, hidden)), "removed absent") << "and loses what they have";
    for (const std::size_t i : {0U, 2U, 3U}) ASSERT_EQ(slapd_->remove_value(Slapd::group_dn("ehr-reset"), "member", members[i]), 0);
    for (const std::size_t i : {0U, 1U, 2U}) ASSERT_EQ(slapd_->remove_entry(members[i]), 0);
}

TEST_F(LdapMethods, AReferralIsAnErrorAndSaysSo) {
    ASSERT_EQ(slapd_->add_entry("ou=elsewhere,ou=people,dc=example,dc=test", {{"objectClass", "referral"},
                                                                              {"objectClass", "extensibleObject"},
                                                                              {"ou", "elsewhere"},
                                                                              {"ref", "ldap://other.example.test/ou=people,dc=example,dc=test"}}),
              0);
    const auto failure = plugin_.fail("person", {{"login", "ada"}});
    EXPECT_EQ(failure.reason, "refused");
    EXPECT_EQ(failure.result_code, 10);
    EXPECT_NE(failure.message.find("other.example.test"), std::string::npos) << failure.message;
    ASSERT_EQ(slapd_->remove_referral("ou=elsewhere,ou=people,dc=example,dc=test"), 0);
    EXPECT_EQ(plugin_.person_id("ada"), slapd_->entry_uuid(Slapd::person_dn("ada")));
}

TEST_F(LdapMethods, EndsWithItsInput) {
    plugin_.person_id("ada");
    plugin_.close_input();
    EXPECT_EQ(plugin_.wait_for_end(), 0);
}

}  // namespace
}  // namespace stint::testing
