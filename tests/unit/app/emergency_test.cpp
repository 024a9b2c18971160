// A break-glass with the directory down, or out of order: filed, on record as what it is, told to whoever must know.
#include "tests/unit/app/app_world.hpp"
#include "tests/unit/app/fake_notifier.hpp"

#include <set>

namespace stint::testing {
namespace {

using simulation::FakeCall;
using simulation::Fate;

class Emergency : public AppWorld {
protected:
    Emergency() {
        policy_.roles.security = {GroupName("soc")};
        for (Entitlement& entitlement : policy_.entitlements) {
            entitlement.break_glass = BreakGlassRule{{GroupName("helpdesk")}, Seconds(3600), Seconds(7200), {GroupName("privacy")}};
        }
        directory_.put_group("privacy", true);
        person("ada");
        directory_.put_person("pia", "pia");
        directory_.put_member("privacy", "pia");
        directory_.put_person("sam", "sam");
        directory_.put_member("soc", "sam");
        notifiers_ = {&chat_};
    }
    /// The request's number, or the refusal's code.
    std::string break_glass(const std::string& login) {
        BreakGlass command;
        command.entitlement = EntitlementName("one");
        command.reason = "because";
        const auto answer = answer_of(app_->service().break_glass(caller(login), command, ""));
        if (!answer) return "nothing";
        return *answer ? std::to_string(answer->value().id.value) : std::string(to_text(answer->refusal().code));
    }
    void put_in_force(const Policy& policy) {
        boost::asio::co_spawn(*io_, app_->put_in_force(policy), boost::asio::detached);
        pass(Seconds(1));
    }
    using Logins = std::set<std::string>;
    [[nodiscard]] Logins told(const std::string& kind) const {
        Logins logins;
        for (const Notice& notice : chat_.taken) {
            if (notice.kind != kind) continue;
            for (const PersonRef& person : notice.recipients) logins.insert(person.login.value);
        }
        return logins;
    }

    FakeNotifier chat_{"notify-webhook", clock_};
};

TEST_F(Emergency, an_overdue_review_is_told_to_security_and_reviewers_also_when_no_policy_was_in_force) {
    start();
    ASSERT_EQ(break_glass("ada"), "1");
    pass(Seconds(3700));
    crash();
    const Policy policy = std::exchange(policy_, Policy{});
    clock_.reboot("boot-2", std::chrono::hours(2));
    start();
    pass(Seconds(60));
    EXPECT_EQ(told("review_overdue"), Logins{});
    put_in_force(policy);
    pass(Seconds(300));
    EXPECT_EQ(told("review_overdue"), (Logins{"ada", "pia", "sam"}));
}

TEST_F(Emergency, who_reviews_is_who_does_when_it_is_told) {
    start();
    chat_.mood = FakeNotifier::Mood::is_down;
    ASSERT_EQ(break_glass("ada"), "1");
    directory_.put_group("privacy-two", true);
    directory_.put_person("pat", "pat");
    directory_.put_member("privacy-two", "pat");
    for (Entitlement& entitlement : policy_.entitlements) entitlement.break_glass->reviewers = {GroupName("privacy-two")};
    put_in_force(policy_);
    chat_.mood = FakeNotifier::Mood::takes;
    pass(Seconds(300));
    EXPECT_EQ(told("review_due"), Logins{"pat"});
    EXPECT_EQ(told("break_glass"), (Logins{"pat", "sam"}));
}

}  // namespace
}  // namespace stint::testing
