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
    std::string break_glass(const std::string& login, const std::string& ticket = {}) {
        BreakGlass command;
        command.ticket = TicketId(ticket);
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

TEST_F(Emergency, nobody_is_left_untold_because_the_only_group_could_not_be_listed_for_a_while) {
    start();
    bool is_out_of_order = true;
    fate_ = [&](const FakeCall& call) {
        const bool is_refused = is_out_of_order && (call.group == "gid-privacy" || call.group == "privacy");
        return Fate{.kind = is_refused ? Fate::Kind::refused : Fate::Kind::answered};
    };
    ASSERT_EQ(break_glass("ada"), "1");
    pass(Seconds(60));
    EXPECT_EQ(told("review_due"), Logins{});
    is_out_of_order = false;
    pass(Seconds(300));
    EXPECT_EQ(told("review_due"), Logins{"pia"});
    EXPECT_EQ(told("break_glass"), Logins{"sam"}) << "the other group could be";
}

TEST_F(Emergency, is_filed_and_opens_though_the_directory_answers_with_nonsense) {
    start();
    put_in_force(policy_);  // whoever may break glass is met
    pass(Seconds(5));
    const auto filed_while = [this](std::function<bool(const FakeCall&)> is_refused) {
        fate_ = [is_refused](const FakeCall& call) { return Fate{.kind = is_refused(call) ? Fate::Kind::refused : Fate::Kind::answered}; };
        const std::string id = break_glass("ada");
        EXPECT_TRUE(store_->review(RequestId{std::stoi(id)}).has_value());
        fate_ = nullptr;
        pass(Seconds(10));
        EXPECT_EQ(state(RequestId{std::stoi(id)}), GrantState::ready);
        static_cast<void>(answer_of(app_->service().release(caller("ada"), RequestId{std::stoi(id)}, Release{})));
        pass(Seconds(10));
        return id;
    };
    EXPECT_EQ(filed_while([](const FakeCall& call) { return call.verb == "read_back"; }), "1");
    EXPECT_FALSE(is_logged("+remembered")) << "who ada is was told";
    EXPECT_EQ(filed_while([](const FakeCall& call) { return call.verb == "person"; }), "2");
    EXPECT_TRUE(is_logged(R"("auth":"peercred+remembered")")) << "the record says how ada was known";
    put_in_force(policy_);
    EXPECT_EQ(filed_while([](const FakeCall& call) { return call.verb == "group" && call.group == "g-one"; }), "3");
    put_in_force(policy_);
    EXPECT_EQ(filed_while([](const FakeCall& call) { return call.verb == "group" && call.group == "helpdesk"; }), "4");
}

/// It has the shape of a reference, and nobody has seen it.
TEST_F(Emergency, a_ticket_that_was_only_typed_stands_in_no_log_and_no_message) {
    start();
    ASSERT_EQ(break_glass("ada", "Jane.Doe-1970-01-02"), "1");
    FileRequest command = wish("two", Seconds(60));
    command.ticket = TicketId("123-45-6789");
    const auto filed = answer_of(app_->service().file(caller("ada"), command, ""));
    ASSERT_TRUE(filed && *filed);
    static_cast<void>(answer_of(app_->service().extend(caller("ada"), RequestId{2}, Extend{Seconds(60), "more"}, "")));
    static_cast<void>(answer_of(app_->service().release(caller("ada"), RequestId{1}, Release{})));
    pass(Seconds(200));
    ASSERT_EQ(state(RequestId{1}), GrantState::closed);
    ASSERT_EQ(state(RequestId{2}), GrantState::closed);
    for (const std::string typed : {"Jane.Doe", "123-45"}) {
        EXPECT_FALSE(is_logged(typed)) << typed;
        for (const Notice& notice : chat_.taken) {
            for (const std::string& line : notice.lines) EXPECT_EQ(line.find(typed), std::string::npos) << notice.kind;
        }
    }
    for (const auto& [id, ticket] : {std::pair(1, "Jane.Doe-1970-01-02"), std::pair(2, "123-45-6789"), std::pair(3, "123-45-6789")}) {
        const auto shown = answer_of(app_->service().show(caller("ada"), RequestId{id}));
        ASSERT_TRUE(shown && *shown) << id;
        EXPECT_EQ(shown->value().ticket, ticket) << "those who may see the request see it";
    }
    EXPECT_EQ(differences(), std::vector<std::string>());
}

TEST_F(Emergency, of_somebody_the_directory_does_not_know_is_refused) {
    start();
    directory_.delete_person("ada");
    EXPECT_EQ(break_glass("ada"), "caller_unknown");
}

TEST_F(Emergency, what_may_not_be_asked_for_stays_refused) {
    policy_.entitlements.front().break_glass->requesters = {GroupName("oncall")};
    directory_.put_group("oncall", true);
    start();
    EXPECT_EQ(break_glass("ada"), "break_glass_not_allowed");
}

}  // namespace
}  // namespace stint::testing
