// What a client is told that asks again, or asks for more than one answer holds.
#include "tests/unit/app/app_world.hpp"

namespace stint::testing {
namespace {

using simulation::FakeCall;
using simulation::Fate;

class Asking : public AppWorld {
protected:
    Asking() {
        person("ada");
        person("ben");
        start();
    }
    void directory_is_down() {
        fate_ = [](const FakeCall&) { return Fate{.kind = Fate::Kind::not_sent}; };
    }
    static FileRequest wish(Seconds duration = Seconds(3600)) {
        FileRequest command;
        command.entitlement = EntitlementName("one");
        command.reason = "because";
        command.duration = duration;
        return command;
    }
    /// The request's number, or the refusal's code.
    std::string file(const std::string& login, const FileRequest& command, const std::string& key) {
        return said(answer_of(app_->service().file(caller(login), command, key)));
    }
    std::string extend(const std::string& login, RequestId id, const std::string& key) {
        return said(answer_of(app_->service().extend(caller(login), id, Extend{Seconds(1200), "more"}, key)));
    }
    static std::string said(const std::optional<Result<RequestView>>& answer) {
        if (!answer) return "nothing";
        return *answer ? std::to_string(answer->value().id.value) : std::string(to_text(answer->refusal().code));
    }
};

TEST_F(Asking, the_same_key_is_the_same_request_also_while_the_directory_is_down) {
    EXPECT_EQ(file("ada", wish(), "k"), "1");
    EXPECT_EQ(extend("ada", RequestId{1}, "e"), "2");
    directory_is_down();
    pass(Seconds(5));
    EXPECT_EQ(file("ada", wish(), "k"), "1");
    EXPECT_EQ(extend("ada", RequestId{1}, "e"), "2");
    EXPECT_EQ(file("ada", wish(Seconds(1800)), "k"), "idempotency_key_reused");
    EXPECT_EQ(file("ada", wish(), "another"), "directory_unreachable");
    EXPECT_EQ(file("ada", wish(), ""), "directory_unreachable");
    EXPECT_EQ(file("ben", wish(), "k"), "directory_unreachable") << "a key is its person's";
}

TEST_F(Asking, a_grant_asks_the_directory_what_it_must_and_nothing_twice) {
    fate_ = [](const FakeCall&) { return Fate{.has_post_read = true}; };  // a write's answer says what was read after it
    ask("ben", "two", Seconds(14'400));
    pass(Seconds(5));  // a round, for it is the first that is heard of the directory
    const int people = asked("person"), readings = asked("read_back");
    const RequestId id = ask("ada", "one", Seconds(500));
    ASSERT_EQ(state(id), GrantState::ready);
    EXPECT_EQ(asked("person") - people, 1);
    EXPECT_EQ(asked("read_back") - readings, 2) << "by whoever files it, and by whoever adds";
    EXPECT_EQ(asked("add"), 2);
    pass(Seconds(490));
    const int before = asked("read_back");
    pass(Seconds(9));
    ASSERT_EQ(state(id), GrantState::closed);
    EXPECT_EQ(asked("remove"), 1);
    EXPECT_EQ(asked("read_back") - before, 0);
}

TEST_F(Asking, whoever_waited_for_nothing_is_not_looked_up_once_more) {
    const RequestId id = ask("ada", "one", Seconds(600));
    pass(Seconds(5));  // what was known of the reader is too old
    std::optional<Result<Told>> answer;
    const auto wait = [&](EventSeq after) -> boost::asio::awaitable<void> {
        auto asked = app_->service().changes(caller("ada"), id, after, Seconds(1), std::make_shared<Listener>());
        answer.emplace(co_await std::move(asked));
    };
    const int before = asked("person");
    boost::asio::co_spawn(*io_, wait(store_->last_event()), boost::asio::detached);
    io_->poll();
    EXPECT_EQ(asked("person"), before + 1);
    pass(Seconds(5));
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!answer && std::chrono::steady_clock::now() < limit) io_->run_one_for(std::chrono::milliseconds(100));
    ASSERT_TRUE(answer && *answer);
    EXPECT_TRUE(answer->value().changes.empty());
    EXPECT_EQ(answer->value().through, store_->last_event());
    EXPECT_EQ(asked("person"), before + 1);
}

TEST_F(Asking, a_dry_run_is_never_answered_as_the_real_thing) {
    FileRequest dry = wish();
    dry.is_dry_run = true;
    EXPECT_EQ(file("ada", dry, "k"), "0");
    EXPECT_EQ(file("ada", wish(), "k"), "1");
    directory_is_down();
    EXPECT_EQ(file("ada", dry, "k"), "directory_unreachable");
    fate_ = nullptr;
    EXPECT_EQ(file("ada", dry, "k"), "request_already_open") << "what it would be told without the key";
}

TEST_F(Asking, a_thousand_events_of_others_are_looked_at_in_one_go_and_no_more) {
    for (int i = 0; i < 300; ++i) person("p" + std::to_string(i));
    for (int i = 0; i < 300; ++i) ask("p" + std::to_string(i), "one", Seconds(14'400));
    ASSERT_GT(store_->last_event().value, 2000);
    directory_.put_person("gil", "Gil", true);
    EventSeq after{0};
    int calls = 0;
    for (; after < store_->last_event() && calls < 20; ++calls) {
        const auto answer = answer_of(app_->service().changes(caller("gil"), std::nullopt, after, Seconds(0), std::make_shared<Listener>()));
        ASSERT_TRUE(answer && *answer);
        EXPECT_TRUE(answer->value().changes.empty());
        EXPECT_LE(answer->value().through.value, after.value + 1010) << "some are about no request";
        EXPECT_GT(answer->value().through, after);
        after = answer->value().through;
    }
    EXPECT_EQ(after, store_->last_event());
    EXPECT_GE(calls, 3);
}

TEST_F(Asking, what_is_due_at_this_very_moment_is_done_at_it) {
    ASSERT_EQ(file("ada", wish(Seconds(600)), ""), "1");
    pass(store_->grant(RequestId{1})->not_after.utc - Seconds(300) - clock_.now().utc);
    EXPECT_TRUE(is_logged("grant.warned"));
    pass(Seconds(300));
    EXPECT_EQ(state(RequestId{1}), GrantState::closed);
}

TEST_F(Asking, who_leaves_keeps_nothing_waiting) {
    ASSERT_EQ(file("ada", wish(Seconds(3600)), ""), "1");
    const auto listener = std::make_shared<Listener>();
    auto told = std::make_shared<int>(0);
    const auto listen = [&]() -> boost::asio::awaitable<void> {
        auto question = app_->service().changes(caller("ada"), RequestId{1}, store_->last_event(), Seconds(3600), listener);
        const auto answer = co_await std::move(question);
        *told = answer && answer.value().changes.empty() ? 1 : 2;
    };
    boost::asio::co_spawn(*io_, listen(), boost::asio::detached);
    pass(Seconds(1));
    EXPECT_EQ(*told, 0);
    listener->leave();
    pass(Seconds(1));
    EXPECT_EQ(*told, 1);
}

}  // namespace
}  // namespace stint::testing
