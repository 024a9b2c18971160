// What lives by a client's connection, over a restart.
#include "tests/unit/app/app_world.hpp"

namespace stint::testing {
namespace {

class Attached : public AppWorld {
protected:
    /// ada's, ready and held; then the broker is gone, and with it the connection.
    RequestId lend_and_crash() {
        person("ada");
        start();
        FileRequest command = wish("one", Seconds(600));
        command.is_attached = true;
        const auto filed = answer_of(app_->service().file(caller("ada"), command, ""));
        const RequestId id = filed && *filed ? filed->value().id : RequestId{};
        const auto hold = answer_of(app_->service().hold(caller("ada"), id));
        EXPECT_TRUE(hold && *hold);
        pass(Seconds(10));
        EXPECT_EQ(state(id), GrantState::ready);
        crash();
        return id;
    }
};

/// The policy is held against a directory that takes its time before the door opens.
TEST_F(Attached, may_be_come_back_to_from_the_moment_the_door_opens) {
    const RequestId id = lend_and_crash();
    start_behind_the_door();
    pass(Seconds(60));
    ASSERT_EQ(state(id), GrantState::ready);
    app_->door_opened();
    pass(Seconds(10));
    const auto hold = answer_of(app_->service().hold(caller("ada"), id));
    ASSERT_TRUE(hold && *hold);
    pass(Seconds(60));
    EXPECT_EQ(state(id), GrantState::ready);
}

TEST_F(Attached, is_given_back_when_nobody_comes) {
    const RequestId id = lend_and_crash();
    start_behind_the_door();
    app_->door_opened();
    pass(Seconds(10));
    EXPECT_EQ(state(id), GrantState::ready);
    pass(Seconds(20));
    EXPECT_EQ(state(id), GrantState::closed);
}

}  // namespace
}  // namespace stint::testing
