// Random histories of people, time, faults, crashes and a rival administrator; the invariants after every step, and
// after healing nothing of ours is left that no open grant holds.
#include "random_history.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace stint;
using namespace stint::test;

RC_GTEST_PROP(Lifecycle, InvariantsHoldAndNoRightOutlivesItsTime, ()) {
    const auto history = *rc::gen::resize(200, rc::gen::container<std::vector<Step>>(steps()));
    ModelWorld world;
    for (const Step& step : history) {
        take(world, step);
        world.check();
    }
    world.heal_and_settle();
    world.check();
    world.check_settled();
}

RC_GTEST_PROP(Lifecycle, ReconcilingTwiceIsReconcilingOnce, ()) {
    const auto history = *rc::gen::resize(100, rc::gen::container<std::vector<Step>>(steps()));
    ModelWorld world;
    for (const Step& step : history) take(world, step);
    world.heal_and_settle();
    const auto before = world.ledger();
    world.reconcile_all(Fate::applied);
    const bool is_same = world.ledger() == before;
    RC_ASSERT(is_same);
}
