// What people and the ticket are told at an end: what happened, not what usually does.
#include "model_world.hpp"

#include <gtest/gtest.h>

namespace stint::test {
namespace {

/// ada holds g1 by request 1 and g1 and g2 by request 2.
class Closing : public testing::Test {
protected:
    Closing() {
        EXPECT_TRUE(world.file("ada", "one", Seconds(600)));
        EXPECT_TRUE(world.decide("cho", RequestId{1}, true));
        EXPECT_TRUE(world.file("ada", "both", Seconds(600)));
        for (int turn = 0; turn < 6; ++turn) {
            world.open_approved();
            world.reconcile_all(Fate::applied);
            world.pass(Seconds(1));
        }
    }
    [[nodiscard]] Grant grant(std::int64_t id) const {
        Grant found = world.ledger().grant(RequestId{id}).value_or(Grant{});
        EXPECT_EQ(found.state, GrantState::ready);
        found.ticket = TicketId("INC7");
        return found;
    }
    [[nodiscard]] static std::string note(const Transition& transition) {
        for (const Effect& effect : transition.effects) {
            if (const auto* note = std::get_if<NoteTicket>(&effect)) return note->text;
        }
        return {};
    }
    [[nodiscard]] std::string note_on(std::int64_t id, CloseReason reason) const {
        Transition transition;
        tell_closed(world.ledger(), transition, grant(id), reason);
        return note(transition);
    }
    ModelWorld world;
};

TEST_F(Closing, TellsTheTicketOfNoRemovalWhereAnotherGrantGoesOn) {
    const Transition transition = begin_closing(world.ledger(), grant(1), CloseReason::released, Actor{}, {});
    EXPECT_EQ(note(transition), "stint request 1: ended (released); another request goes on and holds the membership");
}

TEST_F(Closing, TellsTheTicketWhatOfItGoesOn) {
    EXPECT_EQ(note_on(2, CloseReason::expired), "stint request 2: ended (expired); membership removed and read back, but for what another request goes on to hold");
    ASSERT_TRUE(world.release("ada", RequestId{1}));
    EXPECT_EQ(note_on(2, CloseReason::expired), "stint request 2: membership removed and read back (expired)");
}

TEST_F(Closing, TellsTheTicketOfNoRemovalWhereNothingWasLent) {
    ASSERT_TRUE(world.release("ada", RequestId{1}));
    EXPECT_EQ(note_on(2, CloseReason::failed), "stint request 2: could not be lent; the directory was read back to be sure");
}

}  // namespace
}  // namespace stint::test
