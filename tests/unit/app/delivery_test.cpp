// Every message reaches every channel that takes messages, whatever becomes of the others and of other channels.
#include "tests/unit/app/app_world.hpp"
#include "tests/unit/app/fake_notifier.hpp"

namespace stint::testing {
namespace {

using simulation::FakeCall;
using simulation::Fate;
using Mood = FakeNotifier::Mood;

class Delivery : public AppWorld {
protected:
    Delivery() { notifiers_ = {&chat_, &pager_}; }
    std::vector<RequestId> ask_many(int count) {
        std::vector<RequestId> ids;
        for (int i = 0; i < count; ++i) person("p" + std::to_string(i));
        for (int i = 0; i < count; ++i) ids.push_back(ask("p" + std::to_string(i), "one", Seconds(14'400)));
        return ids;
    }

    FakeNotifier chat_{"notify-webhook", clock_}, pager_{"notify-webhook", clock_};
};

TEST_F(Delivery, two_channels_of_one_program_are_two_channels) {
    person("ada");
    start();
    const RequestId id = ask("ada", "one", Seconds(14'400));
    pass(Seconds(2));
    EXPECT_TRUE(chat_.has(id));
    EXPECT_TRUE(pager_.has(id));
    chat_.mood = Mood::refuses;
    person("ben");
    const RequestId next = ask("ben", "one", Seconds(14'400));
    pass(Seconds(2));
    EXPECT_TRUE(pager_.has(next)) << "what one refuses the other still gets";
    EXPECT_EQ(store_->owed_count(), 0);
}

TEST_F(Delivery, security_is_told_of_a_stuck_removal_though_one_of_its_groups_may_not_be_listed) {
    person("ada");
    start();
    const RequestId id = ask("ada", "one", Seconds(60));
    fate_ = [](const FakeCall& call) {
        const bool is_refused = call.verb == "remove" || (call.verb == "members" && call.group == "gid-soc");
        return Fate{.kind = is_refused ? Fate::Kind::refused : Fate::Kind::answered};
    };
    pass(Seconds(60 + 310));
    ASSERT_TRUE(chat_.has(id, "stuck"));
    const auto stuck = std::find_if(chat_.taken.begin(), chat_.taken.end(), [](const Notice& one) { return one.kind == "stuck"; });
    EXPECT_EQ(stuck->recipients.size(), 1U) << "the help desk has the role, too";
}

TEST_F(Delivery, a_channel_that_was_down_gets_it_later_and_the_other_only_once) {
    person("ada");
    start();
    chat_.mood = Mood::is_down;
    const RequestId id = ask("ada", "one", Seconds(14'400));
    pass(Seconds(60));
    EXPECT_FALSE(chat_.has(id));
    EXPECT_EQ(pager_.taken.size(), 1U);
    chat_.mood = Mood::takes;
    pass(Seconds(310));
    EXPECT_TRUE(chat_.has(id));
    EXPECT_EQ(pager_.taken.size(), 1U);
    EXPECT_EQ(store_->owed_count(), 0);
}

TEST_F(Delivery, records_that_cannot_be_read_for_a_while_lose_no_message_and_no_place) {
    chat_.mood = pager_.mood = Mood::is_down;
    start();
    const auto ids = ask_many(20);
    by_hand("UPDATE requests SET verified = 'x'");
    chat_.mood = pager_.mood = Mood::takes;
    pass(Seconds(330));
    EXPECT_TRUE(chat_.taken.empty());
    by_hand("UPDATE requests SET verified = '[]'");
    pass(Seconds(330));
    for (const RequestId id : ids) EXPECT_TRUE(chat_.has(id) && pager_.has(id)) << id.value;
}

TEST_F(Delivery, what_cannot_be_written_down_is_not_delivered_again_and_again) {
    chat_.mood = Mood::is_down;
    person("ada");
    start();
    const RequestId id = ask("ada", "one", Seconds(14'400));
    fill_disk();
    chat_.mood = Mood::takes;
    pass(Seconds(300));
    ASSERT_TRUE(chat_.has(id));
    EXPECT_EQ(chat_.taken.size(), 1U);
    empty_disk();
    pass(Seconds(30));
    EXPECT_EQ(chat_.taken.size(), 1U);
    EXPECT_EQ(store_->owed_count(), 0);
}

TEST_F(Delivery, what_is_written_down_while_the_outbox_is_read_is_not_delivered_again) {
    chat_.mood = Mood::waits;
    chat_.until = clock_.now().boot + Seconds(4);  // the very moment of a look
    person("ada");
    start();
    ask("ada", "one", Seconds(14'400));
    pass(Seconds(30));
    EXPECT_EQ(chat_.taken.size(), 1U);
    EXPECT_TRUE(broker_->is_store_writable());
}

TEST_F(Delivery, one_row_that_nobody_can_read_holds_no_other_up) {
    chat_.mood = pager_.mood = Mood::is_down;
    start();
    const auto ids = ask_many(2);
    by_hand("UPDATE outbox SET effect = '{}' WHERE id = (SELECT min(id) FROM outbox)");
    chat_.mood = pager_.mood = Mood::takes;
    pass(Seconds(330));
    EXPECT_TRUE(chat_.has(ids[1]));
    EXPECT_EQ(store_->owed_count(), 1) << "it is still owed, for somebody to look at";
}

TEST_F(Delivery, a_channel_that_hangs_delays_no_other) {
    chat_.mood = Mood::hangs;
    start();
    for (const RequestId id : ask_many(40)) EXPECT_TRUE(pager_.has(id)) << id.value;  // within the second that ask() takes
}

TEST_F(Delivery, what_is_new_comes_before_what_is_tried_again) {
    chat_.mood = Mood::hangs;
    start();
    ask_many(400);
    person("ada");
    const RequestId id = ask("ada", "one", Seconds(14'400));
    EXPECT_TRUE(pager_.has(id));
    pass(Seconds(1500));
    EXPECT_TRUE(chat_.was_asked(id)) << "each is asked for once before any is asked for again";
    person("ben");
    const RequestId next = ask("ben", "one", Seconds(14'400));
    pass(Seconds(65));
    EXPECT_TRUE(chat_.was_asked(next)) << "with the next place that is free";
}

TEST_F(Delivery, no_directory_is_asked_about_whom_the_message_names) {
    person("ada");
    start();
    const RequestId id = ask("ada", "one", Seconds(600));
    boost::asio::co_spawn(*io_, app_->put_in_force(*world_->policy), boost::asio::detached);
    fate_ = [](const FakeCall& call) { return Fate{.kind = call.verb == "group" ? Fate::Kind::not_sent : Fate::Kind::answered}; };
    pass(Seconds(610));
    EXPECT_TRUE(chat_.has(id, "closed"));
}

}  // namespace
}  // namespace stint::testing
