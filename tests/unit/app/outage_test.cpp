// Nothing that cannot be reached, read or written keeps the rest from being looked after.
#include "tests/unit/app/app_world.hpp"

namespace stint::testing {
namespace {

using simulation::FakeCall;
using simulation::Fate;

class Outage : public AppWorld {
protected:
    Outage() {
        settings_.round_every = Seconds(60);
        person("ada");
        person("ben");
        start();
    }
    void directory_is_down(bool is_down) {
        fate_ = [is_down](const FakeCall&) { return is_down ? Fate{.kind = Fate::Kind::not_sent} : Fate{}; };
    }
};

TEST_F(Outage, a_removal_that_is_late_is_called_so_also_while_a_round_finds_nobody) {
    ask("ada", "one", Seconds(14'400));
    ask("ben", "one", Seconds(300));
    directory_is_down(true);
    pass(Seconds(300 + 70));
    EXPECT_EQ(store_->counts().overdue, 1);
    pass(Seconds(250));
    EXPECT_EQ(store_->counts().stuck, 1);
    directory_is_down(false);
    pass(Seconds(130));
    EXPECT_FALSE(is_member("g-one", "ben"));
    EXPECT_EQ(store_->counts().stuck, 0);
}

TEST_F(Outage, what_changed_meanwhile_is_seen_as_soon_as_the_directory_is_back) {
    const RequestId id = ask("ada", "one", Seconds(14'400));
    directory_is_down(true);
    pass(Seconds(200));
    directory_.take_member("g-one", "ada");
    pass(Seconds(1));
    directory_is_down(false);
    pass(Seconds(20));
    EXPECT_EQ(state(id), GrantState::closed);
}

TEST_F(Outage, one_membership_that_may_not_be_read_hides_no_other) {
    ask("ada", "one", Seconds(14'400));
    const RequestId id = ask("ben", "two", Seconds(14'400));
    fate_ = [](const FakeCall& call) {
        return Fate{.kind = call.verb == "read_back" && call.person == "id-ada" ? Fate::Kind::refused : Fate::Kind::answered};
    };
    pass(Seconds(130));
    directory_.take_member("g-two", "ben");
    pass(Seconds(130));
    EXPECT_EQ(state(id), GrantState::closed) << "removed outside";
}

TEST_F(Outage, one_person_who_cannot_be_read_hides_nobody_who_was_disabled) {
    const RequestId ada = ask("ada", "one", Seconds(14'400)), ben = ask("ben", "two", Seconds(14'400));
    fate_ = [](const FakeCall& call) {
        return Fate{.kind = call.verb == "person" && call.person == "id-ada" ? Fate::Kind::refused : Fate::Kind::answered};
    };
    directory_.put_person("ben", "ben", false);
    pass(Seconds(30));
    EXPECT_EQ(state(ben), GrantState::closed);
    EXPECT_FALSE(is_member("g-two", "ben"));
    EXPECT_EQ(state(ada), GrantState::ready);
}

TEST_F(Outage, one_person_whose_look_up_is_never_answered_hides_nobody_either) {
    ask("ada", "one", Seconds(14'400));
    const RequestId ben = ask("ben", "two", Seconds(14'400));
    fate_ = [](const FakeCall& call) {
        return Fate{.kind = call.verb == "person" && call.person == "id-ada" ? Fate::Kind::lost : Fate::Kind::answered};
    };
    directory_.put_person("ben", "ben", false);
    pass(Seconds(30));
    EXPECT_EQ(state(ben), GrantState::closed);
}

TEST_F(Outage, one_membership_that_is_never_answered_ends_no_round_and_no_sweep) {
    settings_.sweep_every = Seconds(60);
    ask("ada", "one", Seconds(14'400));
    bool is_addition_lost = true;
    fate_ = [&](const FakeCall& call) {
        const bool is_silent = (call.verb == "read_back" && call.person == "id-ada") || (call.verb == "add" && is_addition_lost);
        return Fate{.kind = is_silent ? Fate::Kind::lost : Fate::Kind::answered};
    };
    const RequestId ben = ask("ben", "two", Seconds(10));
    pass(Seconds(130));
    ASSERT_EQ(state(ben), GrantState::closed);
    directory_.put_member("g-two", "ben");  // the lost addition comes true after all
    pass(Seconds(700));
    EXPECT_FALSE(is_member("g-two", "ben"));
}

TEST_F(Outage, an_addition_that_was_never_sent_takes_nothing_away_from_who_comes_later) {
    settings_.sweep_every = Seconds(60);
    fate_ = [](const FakeCall& call) { return Fate{.kind = call.verb == "add" ? Fate::Kind::not_sent : Fate::Kind::answered}; };
    const RequestId id = ask("ada", "one", Seconds(5));
    pass(Seconds(60));
    ASSERT_EQ(state(id), GrantState::closed);
    fate_ = {};
    directory_.put_member("g-one", "ada");
    pass(Seconds(700));
    EXPECT_TRUE(is_member("g-one", "ada"));
}

TEST_F(Outage, a_removal_that_was_never_answered_makes_no_refused_addition_ours) {
    settings_.sweep_every = Seconds(60);
    const RequestId first = ask("ada", "one", Seconds(5));
    fate_ = [](const FakeCall& call) {
        return Fate{.kind = call.verb == "remove" ? Fate::Kind::lost : call.verb == "add" ? Fate::Kind::refused : Fate::Kind::answered};
    };
    pass(Seconds(6));
    ASSERT_EQ(state(first), GrantState::closing);
    const RequestId second = ask("ada", "one", Seconds(600));
    directory_.take_member("g-one", "ada");
    pass(Seconds(60));
    ASSERT_EQ(state(second), GrantState::closed);
    fate_ = {};
    directory_.put_member("g-one", "ada");
    pass(Seconds(700));
    EXPECT_TRUE(is_member("g-one", "ada"));
}

TEST_F(Outage, a_grant_that_ends_when_the_directory_is_back_waits_for_nobody_who_rests) {
    ask("ben", "one", Seconds(60));
    directory_is_down(true);
    pass(Seconds(900));
    directory_is_down(false);
    pass(Seconds(15));
    EXPECT_FALSE(is_member("g-one", "ben"));
}

TEST_F(Outage, a_command_that_breaks_a_rule_of_the_tables_spoils_no_other_beside_it) {
    bool is_refused = false;
    const auto broken = [](Broker& broker, bool& refused) -> boost::asio::awaitable<void> {
        auto job = [](Transaction& transaction) {
            for (int i = 0; i < 2; ++i) transaction.store().remember_idempotent(PersonId("id-ada"), "key", {RequestId{1}, "digest"}, transaction.now().utc);
            return true;
        };
        try {
            co_await broker.run(job);
        } catch (const StoreFault&) {
            refused = true;
        }
    };
    boost::asio::co_spawn(*io_, broken(*broker_, is_refused), boost::asio::detached);
    const RequestId id = ask("ada", "one", Seconds(600));
    pass(Seconds(1));
    EXPECT_TRUE(is_refused);
    EXPECT_EQ(state(id), GrantState::ready);
    EXPECT_TRUE(broker_->is_store_writable());
}

/// A group nobody may read for a while, under a policy that was just loaded anew.
TEST_F(Outage, what_was_approved_waits_for_a_group_that_cannot_be_read_and_is_not_refused) {
    const auto answer = answer_of(app_->service().file(caller("ada"), [this] {
        FileRequest command = wish("one", Seconds(600));
        command.start_at = clock_.now().utc + Seconds(60);
        return command;
    }(), ""));
    ASSERT_TRUE(answer && *answer);
    std::string unread;
    const auto reload_without = [&](const std::string& group) {
        unread = group;
        boost::asio::co_spawn(*io_, app_->put_in_force(policy_), boost::asio::detached);
        pass(Seconds(100));
    };
    fate_ = [&](const FakeCall& call) {
        return Fate{.kind = call.verb == "group" && call.group == unread ? Fate::Kind::refused : Fate::Kind::answered};
    };
    reload_without("g-one");
    reload_without("helpdesk");
    EXPECT_EQ(store_->request(answer->value().id)->state, RequestState::approved);
    EXPECT_EQ(refused("ben", "one"), RefusalCode::directory_unreachable) << "nobody knows, and nothing is wrong with the ask";
    unread.clear();
    pass(Seconds(10));
    EXPECT_EQ(state(answer->value().id), GrantState::ready);
}

TEST_F(Outage, a_group_that_the_policy_names_elsewhere_keeps_nobody_from_opening) {
    boost::asio::co_spawn(*io_, app_->put_in_force(policy_), boost::asio::detached);
    fate_ = [&](const FakeCall& call) {
        const bool is_refused = call.verb == "group" && (call.group == "soc" || call.group == "g-two");
        return Fate{.kind = is_refused ? Fate::Kind::refused : Fate::Kind::answered};
    };
    pass(Seconds(5));
    EXPECT_EQ(state(ask("ada", "one", Seconds(600))), GrantState::ready);
}

class Narrow : public AppWorld {
protected:
    Narrow() {
        settings_.parallel_removals = 1;
        for (const std::string login : {"ada", "ben", "cho"}) person(login);
        start();
    }
};

TEST_F(Narrow, a_removal_without_effect_delays_no_other) {
    ask("ada", "one", Seconds(30));
    ask("cho", "one", Seconds(30));
    ask("ben", "two", Seconds(600));
    fate_ = [this](const FakeCall& call) {
        if (call.verb == "read_back" && call.group == "gid-g-one") directory_.put_member("g-one", call.person.substr(3));  // a tool puts them back
        return Fate{};
    };
    pass(Seconds(600 + 5));
    EXPECT_TRUE(is_member("g-one", "ada"));
    EXPECT_FALSE(is_member("g-two", "ben"));
}

/// Readings take their time, and what they tell may be over when they are judged.
class Slow : public AppWorld {
protected:
    Slow() {
        policy_.entitlements.back().groups = {GroupName("g-one"), GroupName("g-two")};
        person("ada");
        start();
    }
};

TEST_F(Slow, a_reading_older_than_the_end_of_another_grant_makes_nobody_a_standing_member) {
    const RequestId first = ask("ada", "one", Seconds(60));
    pass(Seconds(55));
    fate_ = [](const FakeCall& call) {
        return Fate{.delay = std::chrono::seconds(call.verb == "read_back" && call.group == "gid-g-two" ? 10 : 0)};
    };
    EXPECT_FALSE(answer_of(app_->service().file(caller("ada"), wish("two", Seconds(600)), "")));
    pass(Seconds(60));
    ASSERT_EQ(state(first), GrantState::closed);
    EXPECT_EQ(state(RequestId{2}), GrantState::ready);
    EXPECT_EQ(store_->counts().findings, 0);
}

TEST_F(Outage, a_thousand_changes_are_one_round) {
    ask("ada", "one", Seconds(14'400));
    pass(Seconds(5));
    const int before = asked("read_back");
    for (int i = 0; i < 500; ++i) {
        directory_.put_member("g-two", "ben");
        directory_.take_member("g-two", "ben");
    }
    pass(Seconds(3));
    EXPECT_GT(asked("read_back"), before);
    EXPECT_LE(asked("read_back"), before + 4);
}

}  // namespace
}  // namespace stint::testing
