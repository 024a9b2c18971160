// What is judged at the moment of opening.
#include "model_world.hpp"

#include <gtest/gtest.h>

namespace stint::test {
namespace {

TEST(Opening, AClockThatRunsBehindKeepsAPatientWaitingForNothing) {
    ModelWorld world;
    ASSERT_TRUE(world.file("ada", "both", Seconds(600)));
    ASSERT_TRUE(world.break_glass("dee", "both"));
    world.pass(Seconds(1), Seconds(-3600));
    world.open_approved();
    EXPECT_FALSE(world.ledger().grant(RequestId{1})) << "an ordinary request waits until the clock is right";
    EXPECT_TRUE(world.ledger().grant(RequestId{2}));
}

}  // namespace
}  // namespace stint::test
