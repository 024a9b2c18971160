// Servers that take no writes: copies, and those that were made read-only for a while. What they refuse goes to the next
// one of the list, and they are tried again later.
#include "plugins/directory-ldap/lane.hpp"
#include "tests/contract/ldap/world.hpp"
#include "tests/contract/run_until.hpp"

#include <boost/json/serialize.hpp>

#include <memory>
#include <string>
#include <vector>

namespace stint::testing {
namespace {

using namespace std::chrono_literals;
namespace ldap = directory_ldap;

/// A replica of a server that is never there; it has its data already.
const std::string shadow =
    "syncrepl rid=001 provider=ldap://127.0.0.1:1 type=refreshOnly interval=01:00:00:00 retry=\"3600 +\" searchbase=\"dc=example,dc=test\" "
    "bindmethod=simple\n";

struct Kind {
    const char* name;
    std::string config;
    int result_code;
};

class LdapReadOnly : public ::testing::TestWithParam<Kind> {
protected:
    Slapd copy_{{.database_config = GetParam().config}}, other_;
    std::vector<std::string> urls_{copy_.ldaps_url(), other_.ldaps_url()};
    static bool has(const std::string& log, const std::string& words) { return log.find(words) != std::string::npos; }
};

TEST_P(LdapReadOnly, WhatItRefusesGoesToTheNext) {
    LdapPlugin plugin(settings_for(copy_, urls_));
    const auto group = plugin.group_id("ehr-reset"), ada = plugin.person_id("ada");
    const auto added = plugin.add(group, ada);
    EXPECT_EQ(told(added), "added present");
    EXPECT_EQ(added.at("server").as_string(), other_.ldaps_url());
    EXPECT_TRUE(has(plugin.log(), copy_.ldaps_url() + " takes no writes")) << plugin.log();
    EXPECT_EQ(plugin.call("read_back", LdapPlugin::pair(group, ada)).at("server").as_string(), other_.ldaps_url()) << "reading follows";
    const auto removed = plugin.remove(group, ada);
    EXPECT_EQ(told(removed), "removed absent");
    EXPECT_EQ(removed.at("server").as_string(), other_.ldaps_url());
}

TEST_P(LdapReadOnly, ARemovalIsPassedOnToo) {
    ASSERT_EQ(other_.add_value(Slapd::group_dn("ehr-reset"), "member", Slapd::person_dn("ada")), 0);
    LdapPlugin plugin(settings_for(copy_, urls_));
    EXPECT_EQ(told(plugin.remove(plugin.group_id("ehr-reset"), plugin.person_id("ada"))), "removed absent");
}

TEST_P(LdapReadOnly, ManyAtOnceAreAllPassedOn) {
    LdapPlugin plugin(settings_for(copy_, urls_));
    const auto ada = plugin.person_id("ada"), ben = plugin.person_id("ben"), kim = plugin.person_id("kim");
    std::vector<int> sent;
    for (const auto* name : {"ehr-reset", "lab-access", "unix-admins"})
        for (const auto& person : {ada, ben, kim}) sent.push_back(plugin.send("add", LdapPlugin::pair(other_.entry_uuid(Slapd::group_dn(name)), person)));
    for (const int id : sent) {
        const auto response = plugin.answer(id);
        ASSERT_TRUE(response.contains("result")) << json::serialize(response);
        EXPECT_EQ(told(response.at("result").as_object()), "added present");
    }
}

TEST_P(LdapReadOnly, AloneItIsAnErrorAndReadingGoesOn) {
    LdapPlugin plugin(settings_for(copy_));
    const auto group = plugin.group_id("ehr-reset"), ada = plugin.person_id("ada");
    for (const auto* verb : {"add", "remove"}) {
        const auto failure = plugin.fail(verb, LdapPlugin::pair(group, ada));
        EXPECT_EQ(failure.reason, "refused") << verb;
        EXPECT_EQ(failure.result_code, GetParam().result_code);
        EXPECT_TRUE(has(failure.message, "takes no writes")) << failure.message;
    }
    EXPECT_FALSE(plugin.is_member(group, ada));
    EXPECT_FALSE(has(plugin.log(), "lost ")) << "there is no other to go to";
}

TEST_P(LdapReadOnly, ItIsUsedAgainWhenNoOtherIsLeft) {
    LdapPlugin plugin(settings_for(copy_, urls_));
    const auto group = plugin.group_id("ehr-reset"), ada = plugin.person_id("ada");
    ASSERT_EQ(told(plugin.add(group, ada)), "added present");
    other_.stop();
    EXPECT_EQ(plugin.call("read_back", LdapPlugin::pair(group, ada)).at("server").as_string(), copy_.ldaps_url());
    const auto failure = plugin.fail("remove", LdapPlugin::pair(group, ada));
    EXPECT_EQ(failure.reason, "refused") << failure.message;
    EXPECT_EQ(failure.result_code, GetParam().result_code);
    other_.start();
    EXPECT_EQ(told(plugin.remove(group, ada)), "removed absent") << "and left again for one that takes writes";
}

INSTANTIATE_TEST_SUITE_P(All, LdapReadOnly,
                         ::testing::Values(Kind{"Referral", shadow + "updateref ldap://127.0.0.1:1\n", 10}, Kind{"NoReferral", shadow, 53},
                                           Kind{"MadeReadOnly", "readonly on\n", 53}),
                         [](const auto& info) { return std::string(info.param.name); });

/// The lane to the directory, in this process, with a while that a test can wait for.
class LdapPassedOver : public ::testing::Test {
protected:
    void SetUp() override {
        auto settings = ldap::read_settings(settings_for(first_, {first_.ldaps_url(), second_.ldaps_url()}));
        settings.pass_over_for = 500ms;
        dialer_ = std::make_shared<ldap::Dialer>(io_.get_executor(), std::move(settings));
        lane_ = std::make_shared<ldap::Lane>(io_.get_executor(), dialer_, "the test");
        lane_->start();
    }
    void TearDown() override {
        lane_->stop();
        dialer_->stop();
        io_.restart();
        io_.poll();
    }
    std::string server() { return run(io_, lane_->connection())->server(); }

    Slapd first_, second_;
    boost::asio::io_context io_;
    std::shared_ptr<ldap::Dialer> dialer_;
    std::shared_ptr<ldap::Lane> lane_;
};

TEST_F(LdapPassedOver, TheFirstOfTheListIsTriedAgainAfterAWhile) {
    ASSERT_EQ(server(), first_.ldaps_url());
    EXPECT_TRUE(dialer_->pass_over(first_.ldaps_url()));
    EXPECT_EQ(server(), second_.ldaps_url());
    EXPECT_TRUE(run_until(io_, [&] { return server() == first_.ldaps_url(); }, 20s));
}

TEST_F(LdapPassedOver, WhenNoneIsLeftTheOneThatWasPassedOverLongestAgoIsNext) {
    ASSERT_EQ(server(), first_.ldaps_url());
    EXPECT_TRUE(dialer_->pass_over(first_.ldaps_url()));
    ASSERT_EQ(server(), second_.ldaps_url());
    EXPECT_TRUE(dialer_->pass_over(second_.ldaps_url()));
    EXPECT_EQ(server(), first_.ldaps_url());
}

TEST_F(LdapPassedOver, WhoIsUsingAConnectionGoesOnWithIt) {
    const auto connection = run(io_, lane_->connection());
    const ldap::Search what{.base = "dc=example,dc=test", .scope = ldap::Scope::base, .filter = "(objectClass=*)", .attributes = {}};
    const auto pending = connection->begin(ldap::Operation(what));
    EXPECT_TRUE(dialer_->pass_over(first_.ldaps_url()));
    EXPECT_EQ(server(), second_.ldaps_url());
    const auto reply = run(io_, connection->reply(pending));
    EXPECT_EQ(reply.entries.size(), 1U);
    EXPECT_TRUE(run_until(io_, [&] { return !connection->is_open(); }, 20s)) << "and it ends then";
}

}  // namespace
}  // namespace stint::testing
