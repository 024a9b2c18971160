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

}  // namespace
}  // namespace stint::testing
