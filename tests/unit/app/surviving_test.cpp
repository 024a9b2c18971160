// What outlasts the process, and what is done while nothing can be written down.
#include "tests/unit/app/app_world.hpp"

namespace stint::testing {
namespace {

using simulation::FakeCall;
using simulation::Fate;

class Restart : public AppWorld {};

TEST_F(Restart, one_membership_that_is_never_answered_keeps_nobody_from_being_lent_a_right) {
    for (const std::string login : {"ada", "ben"}) person(login);
    start();
    ask("ada", "one", Seconds(600));
    crash();
    fate_ = [](const FakeCall& call) {
        return Fate{.kind = call.verb == "read_back" && call.person == "id-ada" ? Fate::Kind::lost : Fate::Kind::answered};
    };
    start();
    pass(Seconds(10));
    const RequestId ben = ask("ben", "two", Seconds(600));
    pass(Seconds(5));
    EXPECT_EQ(state(ben), GrantState::ready);
}

TEST_F(Restart, a_clock_that_comes_up_behind_stretches_no_grant) {
    person("ada");
    start();
    const RequestId id = ask("ada", "one", Seconds(600));
    pass(Seconds(300));
    crash();
    clock_.reboot("boot-2", -std::chrono::hours(3));
    start();
    pass(Seconds(290));
    EXPECT_EQ(state(id), GrantState::ready);
    pass(Seconds(20));
    EXPECT_EQ(state(id), GrantState::closed);
    EXPECT_FALSE(is_member("g-one", "ada"));
}

TEST_F(Restart, what_nobody_came_back_to_is_let_go_also_when_the_records_could_not_be_read_just_then) {
    person("ada");
    start();
    FileRequest command;
    command.entitlement = EntitlementName("one");
    command.reason = "because";
    command.is_attached = true;
    const auto filed = answer_of(app_->service().file(caller("ada"), command, ""));
    ASSERT_TRUE(filed && *filed);
    const RequestId id = filed->value().id;
    auto hold = answer_of(app_->service().hold(caller("ada"), id));
    ASSERT_TRUE(hold && *hold);
    pass(Seconds(10));
    ASSERT_EQ(state(id), GrantState::ready);
    crash();
    start();
    by_hand("PRAGMA ignore_check_constraints = ON; UPDATE grants SET state = 'x'");
    pass(Seconds(20));
    by_hand("PRAGMA ignore_check_constraints = ON; UPDATE grants SET state = 'ready'");
    pass(Seconds(10));
    EXPECT_EQ(state(id), GrantState::closed);
}

TEST_F(Restart, a_removal_is_called_late_also_by_a_clock_that_came_up_behind) {
    person("ada");
    start();
    ask("ada", "one", Seconds(60));
    fate_ = [](const FakeCall&) { return Fate{.kind = Fate::Kind::not_sent}; };
    pass(Seconds(90));
    crash();
    clock_.reboot("boot-2", -Seconds(600));
    start();
    pass(Seconds(70));
    EXPECT_EQ(store_->counts().overdue, 1) << "the end was the last that was written down";
    EXPECT_EQ(store_->counts().stuck, 0);
    pass(Seconds(240));
    EXPECT_EQ(store_->counts().stuck, 1);
}

class FullDisk : public AppWorld {};

TEST_F(FullDisk, every_end_is_kept_once_and_written_down_later) {
    constexpr int many = 270;  // more than one page
    for (int i = 0; i < many; ++i) person("p" + std::to_string(i));
    start();
    std::vector<RequestId> grants;
    for (int i = 0; i < many; ++i) grants.push_back(ask("p" + std::to_string(i), "one", Seconds(600)));
    fill_disk();
    pass(Seconds(660));
    for (int i = 0; i < many; ++i) EXPECT_FALSE(is_member("g-one", "p" + std::to_string(i))) << i;
    EXPECT_LE(asked("remove"), many) << "each once";
    EXPECT_EQ(state(grants.back()), GrantState::ready) << "in the records, which cannot be written";
    empty_disk();
    pass(Seconds(60));
    for (const RequestId id : grants) EXPECT_EQ(state(id), GrantState::closed) << id.value;
}

TEST_F(FullDisk, is_full_until_there_is_room) {
    person("ada");
    start();
    pass(Seconds(30));
    EXPECT_TRUE(broker_->is_store_writable());
    fill_disk();
    EXPECT_EQ(refused("ada", "nope"), RefusalCode::store_unavailable);
    for (int second = 0; second < 20; ++second) {
        EXPECT_FALSE(broker_->is_store_writable()) << second;
        pass(Seconds(1));
    }
    empty_disk();
    pass(Seconds(10));
    EXPECT_TRUE(broker_->is_store_writable());
}

TEST_F(FullDisk, refusals_that_were_only_counted_are_not_forgotten) {
    person("ada");
    start();
    for (int i = 0; i < 25; ++i) EXPECT_EQ(refused("ada", "nope"), RefusalCode::entitlement_unknown);
    pass(Seconds(30));
    fill_disk();
    pass(Seconds(30));  // the minute is over, and cannot be written down
    EXPECT_EQ(refused("ada", "nope"), RefusalCode::store_unavailable);
    empty_disk();
    pass(Seconds(10));
    EXPECT_EQ(refused("ada", "nope"), RefusalCode::entitlement_unknown);
    EXPECT_TRUE(is_logged("\"several\"")) << "five of them";
}

TEST_F(FullDisk, a_removal_waits_for_an_addition_that_may_still_come_true) {
    person("ada");
    start();
    bool is_addition_silent = true;
    fate_ = [&](const FakeCall& call) {
        return Fate{.kind = call.verb == "add" && is_addition_silent ? Fate::Kind::lost : Fate::Kind::answered};
    };
    ask("ada", "one", Seconds(5));
    fill_disk();
    pass(Seconds(15));
    EXPECT_EQ(asked("remove"), 0) << "beside the addition";
    pass(Seconds(30));
    EXPECT_EQ(asked("remove"), 1);
}

TEST_F(FullDisk, another_servers_absence_is_no_proof_there_either) {
    person("ada");
    start();
    ask("ada", "one", Seconds(60));
    fill_disk();
    fate_ = [](const FakeCall&) { return Fate{.is_elsewhere = true}; };
    pass(Seconds(70));
    ASSERT_TRUE(is_member("g-one", "ada"));
    fate_ = {};
    pass(Seconds(10));
    EXPECT_FALSE(is_member("g-one", "ada")) << "it was asked for again";
}

}  // namespace
}  // namespace stint::testing
