// Refused asks past the budget of a minute are counted, and the count comes into the log of its own accord.
#include "tests/unit/app/app_world.hpp"

namespace stint::testing {
namespace {

class Refused : public AppWorld {
protected:
    Refused() {
        directory_.put_person("gil", "gil");  // in no group that may ask
        start();
    }
    void ask_in_vain(const std::string& login, int times) {
        for (int i = 0; i < times; ++i) EXPECT_EQ(refused(login, "one"), login == "zed" ? RefusalCode::caller_unknown : RefusalCode::not_eligible);
    }
    [[nodiscard]] bool is_counted(int count) const {
        return is_logged(R"("d":{"verb":"several","code":"too_many_requests","count":)" + std::to_string(count) + "}");
    }
};

TEST_F(Refused, asks_past_the_budget_are_on_record_when_the_minute_is_over_and_nobody_asks_again) {
    ask_in_vain("gil", 27);
    EXPECT_FALSE(is_counted(7));
    pass(Seconds(70));
    EXPECT_TRUE(is_counted(7));
    const EventSeq last = store_->last_event();
    pass(Seconds(120));
    EXPECT_EQ(store_->last_event(), last) << "once";
    EXPECT_EQ(differences(), std::vector<std::string>());
}

TEST_F(Refused, asks_of_nobody_are_counted_by_where_they_come_from) {
    ask_in_vain("zed", 23);
    ask_in_vain("gil", 22);
    pass(Seconds(70));
    EXPECT_TRUE(is_counted(3));
    EXPECT_TRUE(is_counted(2));
}

TEST_F(Refused, asks_that_could_not_be_written_down_are_still_counted_when_there_is_room_again) {
    ask_in_vain("gil", 27);
    fill_disk();
    pass(Seconds(120));
    EXPECT_FALSE(is_counted(7));
    empty_disk();
    pass(Seconds(30));
    EXPECT_TRUE(is_counted(7));
}

TEST_F(Refused, asks_are_on_record_at_an_orderly_end) {
    ask_in_vain("gil", 27);
    boost::asio::co_spawn(*io_, app_->drain(), boost::asio::detached);
    pass(Seconds(1));
    EXPECT_TRUE(is_counted(7));
}

/// Nobody waits for the store because many were refused at once.
TEST_F(Refused, asks_of_many_are_written_down_some_at_a_time) {
    Refusals refusals;
    const auto step = [&](auto job) {
        auto run = [](Broker& broker, auto work) -> boost::asio::awaitable<void> { co_await broker.run(work); };
        const std::int64_t before = store_->last_event().value;
        boost::asio::co_spawn(*io_, run(*broker_, [job](Transaction& transaction) { job(transaction); return true; }), boost::asio::detached);
        io_->poll();
        io_->restart();
        return store_->last_event().value - before;
    };
    static_cast<void>(step([&refusals](Transaction& transaction) {
        for (int i = 0; i < 150 * 21; ++i) {
            Actor actor;
            actor.kind = ActorKind::person;
            actor.id = PersonId("id-" + std::to_string(i % 150));
            refusals.record(transaction, refused_ask(actor, "request", Refusal{RefusalCode::not_eligible, {}}, {}, {}, {}));
        }
    }));
    const auto flush = [&refusals](Transaction& transaction) { refusals.flush(transaction); };
    EXPECT_EQ(step(flush), 0) << "their minute is not over";
    pass(Seconds(61));
    EXPECT_EQ(step(flush), 100);
    EXPECT_EQ(step(flush), 50);
    EXPECT_EQ(step(flush), 0);
}

}  // namespace
}  // namespace stint::testing
