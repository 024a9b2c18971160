// Who is in a group already, by way of another one or as their primary group: nothing is lent, and security is told.
#include "tests/unit/app/app_world.hpp"

namespace stint::testing {
namespace {

class Standing : public AppWorld {
protected:
    Standing() {
        for (Entitlement& entitlement : policy_.entitlements) {
            entitlement.break_glass = BreakGlassRule{{GroupName("helpdesk")}, Seconds(3600), Seconds(7200), {GroupName("soc")}};
        }
        person("ada");
        start();
    }
    [[nodiscard]] std::vector<FindingKind> findings() const {
        std::vector<FindingKind> kinds;
        for (const Finding& finding : store_->open_findings(10)) kinds.push_back(finding.kind);
        return kinds;
    }
};

TEST_F(Standing, indirectly_is_refused_when_it_is_asked_for) {
    directory_.put_indirectly("g-one", "ada");
    const auto answer = answer_of(app_->service().file(caller("ada"), wish("one", Seconds(600)), ""));
    ASSERT_TRUE(answer && !*answer);
    EXPECT_EQ(answer->refusal().code, RefusalCode::already_standing_member);
    EXPECT_EQ(answer->refusal().detail, "by way of another group, or as your primary one: taking you out of it would do nothing");
    EXPECT_EQ(findings(), std::vector{FindingKind::indirect_member});
    EXPECT_EQ(refused("ada", "one"), RefusalCode::already_standing_member);
    EXPECT_EQ(findings().size(), 1U) << "once";
    EXPECT_EQ(refused("ada", "two"), std::nullopt) << "the other group may be lent";
    EXPECT_EQ(differences(), std::vector<std::string>());
}

TEST_F(Standing, indirectly_is_refused_in_an_emergency_too) {
    directory_.put_indirectly("g-one", "ada");
    BreakGlass command;
    command.entitlement = EntitlementName("one");
    command.reason = "because";
    const auto answer = answer_of(app_->service().break_glass(caller("ada"), command, ""));
    ASSERT_TRUE(answer && !*answer);
    EXPECT_EQ(answer->refusal().code, RefusalCode::already_standing_member);
    EXPECT_EQ(findings(), std::vector{FindingKind::indirect_member});
}

TEST_F(Standing, indirectly_is_refused_when_it_would_open) {
    FileRequest command = wish("one", Seconds(600));
    command.start_at = clock_.now().utc + Seconds(60);
    const auto filed = answer_of(app_->service().file(caller("ada"), command, ""));
    ASSERT_TRUE(filed && *filed);
    directory_.put_indirectly("g-one", "ada");
    pass(Seconds(90));
    const auto request = store_->request(filed->value().id);
    EXPECT_EQ(request->state, RequestState::refused);
    EXPECT_EQ(request->refusal, "already_standing_member");
    EXPECT_EQ(findings(), std::vector{FindingKind::indirect_member});
    EXPECT_EQ(asked("add"), 0);
    EXPECT_EQ(differences(), std::vector<std::string>());
}

/// They were lent it once, and are in it without a grant by now: security is told all the same.
TEST_F(Standing, again_is_a_finding_too) {
    ask("ada", "one", Seconds(60));
    pass(Seconds(100'000));
    ASSERT_FALSE(is_member("g-one", "ada"));
    directory_.put_member("g-one", "ada");
    EXPECT_EQ(refused("ada", "one"), RefusalCode::already_standing_member);
    EXPECT_EQ(findings(), std::vector{FindingKind::standing_member});
}

}  // namespace
}  // namespace stint::testing
