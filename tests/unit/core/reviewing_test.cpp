// Who may review a break-glass.
#include "model_world.hpp"

#include <gtest/gtest.h>

namespace stint::test {
namespace {

/// ben asked for `one` with cho's approval, and broke glass on it while that was open.
class Reviewing : public testing::Test {
protected:
    Reviewing() {
        EXPECT_TRUE(world.file("ben", "one", Seconds(120)));
        EXPECT_TRUE(world.decide("cho", RequestId{1}, true));
        settle();
        EXPECT_TRUE(world.break_glass("ben", "one"));
        settle();
    }
    void settle() {
        for (int turn = 0; turn < 6; ++turn) {
            world.open_approved();
            world.reconcile_all(Fate::applied);
            world.pass(Seconds(1));
        }
    }
    ModelWorld world;
};

TEST_F(Reviewing, WhoApprovedBesideItReviewsItNeverAlsoWhenTheGrantHasEnded) {
    ASSERT_TRUE(world.ledger().review(RequestId{2}));
    EXPECT_FALSE(world.review("cho", RequestId{2}));
    world.pass(Seconds(200));
    settle();
    ASSERT_EQ(world.ledger().grant(RequestId{1})->state, GrantState::closed);
    EXPECT_FALSE(world.review("cho", RequestId{2})) << "the grant she approved is over, the approval is not undone";
    EXPECT_TRUE(world.review("eve", RequestId{2}));
}

TEST_F(Reviewing, WhoApprovedWhatThenLapsedHadAPartInIt) {
    ModelWorld fresh;
    ASSERT_TRUE(fresh.file("dee", "two", Seconds(120)));
    ASSERT_TRUE(fresh.decide("cho", RequestId{1}, true)) << "one of two";
    ASSERT_TRUE(fresh.break_glass("dee", "two"));
    fresh.open_approved();
    fresh.pass(Seconds(1000));
    ASSERT_EQ(fresh.ledger().request(RequestId{1})->state, RequestState::lapsed);
    EXPECT_FALSE(fresh.review("cho", RequestId{2}));
    EXPECT_TRUE(fresh.review("eve", RequestId{2}));
}

TEST_F(Reviewing, WhatWasApprovedAfterwardsHasNoPartInIt) {
    ModelWorld fresh;
    ASSERT_TRUE(fresh.break_glass("ben", "one"));
    const auto turn = [&] {
        fresh.open_approved();
        fresh.reconcile_all(Fate::applied);
        fresh.pass(Seconds(2));
    };
    for (int i = 0; i < 200; ++i) turn();
    ASSERT_EQ(fresh.ledger().grant(RequestId{1})->state, GrantState::closed);
    ASSERT_TRUE(fresh.file("ben", "one", Seconds(120)));
    ASSERT_TRUE(fresh.decide("cho", RequestId{2}, true));
    EXPECT_TRUE(fresh.review("cho", RequestId{1}));
}

}  // namespace
}  // namespace stint::test
