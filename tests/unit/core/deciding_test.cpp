// What a decision on a request is refused with, by name: the refusal has to point to the verb that does work.
#include "model_world.hpp"

#include <gtest/gtest.h>

namespace stint::test {
namespace {

class Cancelling : public testing::Test {
protected:
    /// ada's request for what needs nobody's answer, with its grant brought to ready.
    void open_grant() {
        EXPECT_TRUE(world.file("ada", "both", Seconds(600)));
        for (int turn = 0; turn < 6; ++turn) settle();
        EXPECT_EQ(state(), GrantState::ready);
    }
    void settle() {
        world.open_approved();
        world.reconcile_all(Fate::applied);
        world.pass(Seconds(1));
    }
    [[nodiscard]] GrantState state() const {
        const auto grant = world.ledger().grant(id);
        return grant ? grant->state : GrantState::closed;
    }
    [[nodiscard]] std::string refusal_of(const std::string& login) const {
        const auto judged = world.judge_cancel(login, id);
        return judged ? "" : std::string(to_text(judged.refusal().code));
    }

    ModelWorld world;
    RequestId id{1};
};

TEST_F(Cancelling, OfAnOpenGrantPointsToReleaseAndRevoke) {
    open_grant();
    EXPECT_EQ(refusal_of("ada"), "grant_already_open") << "the requester";
    EXPECT_EQ(refusal_of("sam"), "grant_already_open") << "who may revoke it";
    const std::string_view advice = what_to_do(RefusalCode::grant_already_open);
    EXPECT_NE(advice.find("stint release"), std::string_view::npos);
    EXPECT_NE(advice.find("stint revoke"), std::string_view::npos);
}

TEST_F(Cancelling, OfAnOpeningGrantPointsThereToo) {
    EXPECT_TRUE(world.file("ada", "both", Seconds(600)));
    world.open_approved();
    ASSERT_EQ(state(), GrantState::opening);
    EXPECT_EQ(refusal_of("ada"), "grant_already_open");
}

TEST_F(Cancelling, OfAGrantThatHasEndedSaysThatItHas) {
    open_grant();
    EXPECT_TRUE(world.release("ada", id));
    ASSERT_EQ(state(), GrantState::closing);
    EXPECT_EQ(refusal_of("ada"), "request_ended") << "release has nothing left to do";
    for (int turn = 0; turn < 6; ++turn) settle();
    ASSERT_EQ(state(), GrantState::closed);
    EXPECT_EQ(refusal_of("ada"), "request_ended");
}

TEST_F(Cancelling, OfOthersGrantsIsNotPermittedToWhoMayNotRevoke) {
    open_grant();
    EXPECT_NE(refusal_of("dee"), "");
    EXPECT_NE(refusal_of("dee"), "grant_already_open");
}

TEST_F(Cancelling, WhatWaitsIsCancelled) {
    EXPECT_TRUE(world.file("ada", "one", Seconds(600)));
    EXPECT_EQ(refusal_of("ada"), "");
    EXPECT_EQ(refusal_of("sam"), "not_permitted") << "security stops what is approved, not what somebody still asks for";
}

}  // namespace
}  // namespace stint::test
