// Writes that go wrong on their way, one by one: what is known, what is not, and that nothing is sent twice.
#include "tests/contract/ldap/fault_proxy.hpp"
#include "tests/contract/ldap/world.hpp"

#include <chrono>
#include <optional>
#include <thread>

namespace stint::testing {
namespace {

using namespace std::chrono_literals;

class LdapUnknown : public ::testing::Test {
protected:
    void SetUp() override {
        settings_ = settings_for(slapd_, {proxy_.url()});
        settings_.erase("bind_dn");
        settings_.erase("bind_password_file");
        settings_["sasl"] = "EXTERNAL";
        settings_["operation_timeout"] = "1s";
        plugin_.emplace(settings_);
        group_ = plugin_->group_id("ehr-reset");
        ada_ = plugin_->person_id("ada");
    }
    [[nodiscard]] bool is_there() { return holds(slapd_.values(Slapd::group_dn("ehr-reset"), "member"), Slapd::person_dn("ada")); }
    Failure add_fails() { return plugin_->fail("add", LdapPlugin::pair(group_, ada_)); }
    Failure remove_fails() { return plugin_->fail("remove", LdapPlugin::pair(group_, ada_)); }

    Slapd slapd_;
    FaultProxy proxy_{slapd_.folder()};
    json::object settings_;
    std::optional<LdapPlugin> plugin_;
    std::string group_, ada_;
};

TEST_F(LdapUnknown, ARequestThatGotLostIsUnknownAndIsSentOnce) {
    proxy_.spoil(Fault::swallow_request);
    EXPECT_EQ(add_fails().reason, "unknown_outcome");
    EXPECT_EQ(proxy_.modifies_seen(), 1);
    EXPECT_FALSE(is_there());
    EXPECT_EQ(remove_fails().reason, "unknown_outcome");
    EXPECT_EQ(proxy_.modifies_seen(), 2);
    proxy_.spoil(Fault::none);
    EXPECT_EQ(told(plugin_->add(group_, ada_)), "added present");
}

TEST_F(LdapUnknown, ItIsNotSentToAnotherServerEither) {
    Slapd second;
    settings_["servers"] = json::array{proxy_.url(), second.ldapi_url()};
    LdapPlugin plugin(settings_);
    proxy_.spoil(Fault::swallow_request);
    EXPECT_EQ(plugin.fail("add", LdapPlugin::pair(group_, ada_)).reason, "unknown_outcome");
    EXPECT_EQ(proxy_.modifies_seen(), 1);
    EXPECT_FALSE(holds(second.values(Slapd::group_dn("ehr-reset"), "member"), Slapd::person_dn("ada")));
}

TEST_F(LdapUnknown, ALostAnswerIsUnknownAndReadingTells) {
    proxy_.spoil(Fault::swallow_reply);
    EXPECT_EQ(add_fails().reason, "unknown_outcome");
    EXPECT_TRUE(plugin_->is_member(group_, ada_));
    EXPECT_EQ(remove_fails().reason, "unknown_outcome");
    EXPECT_FALSE(plugin_->is_member(group_, ada_));
}

TEST_F(LdapUnknown, ACutConnectionIsUnknownAtOnce) {
    proxy_.spoil(Fault::cut_at_reply);
    const auto begun_at = std::chrono::steady_clock::now();
    EXPECT_EQ(add_fails().reason, "unknown_outcome");
    EXPECT_LT(std::chrono::steady_clock::now() - begun_at, 900ms) << "not only when the time is up";
    EXPECT_TRUE(is_there());
}

TEST_F(LdapUnknown, AWriteMayHappenLongAfterItWasGivenUp) {
    proxy_.spoil(Fault::hold_request);
    EXPECT_EQ(add_fails().reason, "unknown_outcome");
    EXPECT_FALSE(plugin_->is_member(group_, ada_));
    proxy_.spoil(Fault::none);
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (!is_there() && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(2ms);
    EXPECT_TRUE(plugin_->is_member(group_, ada_));
    EXPECT_EQ(told(plugin_->remove(group_, ada_)), "removed absent");
}

TEST_F(LdapUnknown, AnAnswerForNobodyIsNotTakenForOurs) {
    proxy_.spoil(Fault::other_id);
    EXPECT_EQ(add_fails().reason, "unknown_outcome");
}

TEST_F(LdapUnknown, ANoticeOfDisconnectionEndsTheConnection) {
    proxy_.spoil(Fault::notice);
    const auto failure = add_fails();
    EXPECT_EQ(failure.reason, "unknown_outcome");
    EXPECT_NE(failure.message.find("going down"), std::string::npos) << failure.message;
    proxy_.spoil(Fault::none);
    EXPECT_EQ(told(plugin_->add(group_, ada_)), "added present");
}

TEST_F(LdapUnknown, GarbageEndsTheConnectionAndNothingElse) {
    proxy_.spoil(Fault::garbage);
    EXPECT_EQ(add_fails().reason, "unknown_outcome");
    proxy_.spoil(Fault::none);
    EXPECT_EQ(told(plugin_->add(group_, ada_)), "added present");
}

TEST_F(LdapUnknown, CodesThatProveNothingAreUnknown) {
    for (const int code : {3, 51, 52, 80}) {
        proxy_.spoil(Fault::result_code, code);
        const auto failure = add_fails();
        EXPECT_EQ(failure.reason, "unknown_outcome") << code;
        EXPECT_EQ(failure.result_code, code);
        EXPECT_EQ(remove_fails().reason, "unknown_outcome") << code;
    }
}

TEST_F(LdapUnknown, ADefiniteNoIsRefused) {
    for (const int code : {8, 10, 19, 21, 50, 53, 65}) {
        proxy_.spoil(Fault::result_code, code);
        const auto failure = add_fails();
        EXPECT_EQ(failure.reason, "refused") << code;
        EXPECT_EQ(failure.result_code, code);
    }
}

/// Only Active Directory says 53 of somebody who is no member; here it is a server that will not write, such as a read-only one.
TEST_F(LdapUnknown, ARemovalThatTheServerIsUnwillingToDoIsRefused) {
    plugin_->add(group_, ada_);
    for (const int code : {8, 10, 19, 21, 50, 53, 65}) {
        proxy_.spoil(Fault::result_code, code);
        const auto failure = remove_fails();
        EXPECT_EQ(failure.reason, "refused") << code;
        EXPECT_EQ(failure.result_code, code);
    }
    EXPECT_TRUE(is_there());
}

/// What a proxy says when it lost its server half-way, and codes nobody has thought of.
TEST_F(LdapUnknown, WhatIsNoDefiniteNoIsUnknown) {
    for (const int code : {1, 3, 11, 36, 51, 52, 54, 71, 80, 118}) {
        proxy_.spoil(Fault::result_code, code);
        const auto failure = add_fails();
        EXPECT_EQ(failure.reason, "unknown_outcome") << code;
    }
}

/// Already there, already gone: what the server says of it proves nothing, what it shows does.
TEST_F(LdapUnknown, CodesAreNotBelievedAgainstWhatIsSeen) {
    for (const int code : {20, 68}) {
        proxy_.spoil(Fault::result_code, code);
        EXPECT_EQ(told(plugin_->add(group_, ada_)), "already_present absent") << code;
    }
    proxy_.spoil(Fault::none);
    plugin_->add(group_, ada_);
    proxy_.spoil(Fault::result_code, 16);
    EXPECT_EQ(told(plugin_->remove(group_, ada_)), "already_absent present");
    EXPECT_TRUE(is_there());
    proxy_.spoil(Fault::result_code, 0);
    EXPECT_EQ(told(plugin_->remove(group_, ada_)), "removed present") << "a server that lies is found out";
}

TEST_F(LdapUnknown, AGroupThatIsNotThereIsNotFoundOrNotAllowed) {
    for (const int code : {32, 122}) {
        proxy_.spoil(Fault::result_code, code);
        EXPECT_EQ(add_fails().reason, "not_allowed") << "the entry is there, under this id: it must be somewhere else";
    }
}

}  // namespace
}  // namespace stint::testing
