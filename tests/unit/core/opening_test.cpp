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

/// The policy may change while a request waits for its approvals or its start.
TEST(Opening, LendsNoGroupThatWasNotAskedFor) {
    const auto outcome_with = [](const std::vector<std::string>& groups) {
        ModelWorld world;
        EXPECT_TRUE(world.file("ada", "both", Seconds(600)));
        Policy policy = world.policy();
        OpeningFacts facts = world.opening_facts(RequestId{1});
        facts.readings.clear();
        for (Entitlement& entitlement : policy.entitlements) {
            if (entitlement.name.value != "both") continue;
            entitlement.groups.clear();
            for (const auto& group : groups) entitlement.groups.emplace_back(group);
        }
        for (const auto& group : groups) facts.readings.push_back({{GroupId(group), GroupName(group)}, false, true, "model"});
        const Opening opening = open_grant(world.ledger(), policy, facts, RequestId{1}, world.now());
        const auto* refused = opening.transition.events.empty() ? nullptr : std::get_if<RequestRefused>(&opening.transition.events.front().body);
        EXPECT_TRUE(refused == nullptr || refused->code == "policy_changed");
        return opening.outcome;
    };
    EXPECT_EQ(outcome_with({"g1", "g2"}), Opening::Outcome::opened);
    EXPECT_EQ(outcome_with({"g1"}), Opening::Outcome::opened) << "fewer";
    EXPECT_EQ(outcome_with({"g1", "g2", "admins"}), Opening::Outcome::refused);
    EXPECT_EQ(outcome_with({"admins"}), Opening::Outcome::refused);
}

/// The ticket system was away when it was filed, and is back when it opens.
TEST(Opening, NamesATicketThatWasOnlyTypedFromTheMomentItIsSeen) {
    ModelWorld world;
    ASSERT_TRUE(world.file("ada", "both", Seconds(600)));
    MemoryLedger ledger = world.ledger();
    Request typed = *ledger.request(RequestId{1});
    typed.ticket = TicketId("INC7");
    typed.is_ticket_typed = true;
    ledger.put(typed);
    OpeningFacts facts = world.opening_facts(RequestId{1});
    const auto headers_with = [&](TicketSight sight) {
        facts.ticket.sight = sight;
        MemoryLedger after = ledger;
        std::set<std::string> tickets;
        for (const Event& event : open_grant(ledger, world.policy(), facts, RequestId{1}, world.now()).transition.events) {
            tickets.insert(event.header.ticket.value);
            apply(event, world.now().utc, after);
        }
        EXPECT_EQ(after.grant(RequestId{1})->ticket, TicketId("INC7"));
        tickets.insert(header_of(after, *after.grant(RequestId{1}), Actor{}).ticket.value);
        return tickets;
    };
    EXPECT_EQ(headers_with(TicketSight::seen), std::set<std::string>{"INC7"});
    EXPECT_EQ(headers_with(TicketSight::unreachable), std::set<std::string>{""});
    EXPECT_EQ(headers_with(TicketSight::not_asked), std::set<std::string>{""});
}

TEST(Opening, OnAnotherTicketThanTheOneThatWasTypedIsImpossible) {
    ModelWorld world;
    ASSERT_TRUE(world.file("ada", "both", Seconds(600)));
    MemoryLedger ledger = world.ledger();
    Request typed = *ledger.request(RequestId{1});
    typed.ticket = TicketId("INC7");
    typed.is_ticket_typed = true;
    ledger.put(typed);
    EventHeader header = header_of(typed, Actor{});
    header.grant = RequestId{1};
    header.ticket = TicketId("INC8");
    EXPECT_THROW(apply(Event{header, GrantOpened{deadline_after(world.now(), Seconds(60)), false, false}}, world.now().utc, ledger), ImpossibleEvent);
}

/// While a policy is in force unproved, it may name one group in two spellings.
TEST(Opening, HoldsAGroupThatIsNamedTwiceOnce) {
    ModelWorld world;
    ASSERT_TRUE(world.file("ada", "both", Seconds(600)));
    OpeningFacts facts = world.opening_facts(RequestId{1});
    facts.readings.back().group.id = facts.readings.front().group.id;
    const Opening opening = open_grant(world.ledger(), world.policy(), facts, RequestId{1}, world.now());
    EXPECT_EQ(opening.outcome, Opening::Outcome::opened);
    MemoryLedger ledger = world.ledger();
    for (const Event& event : opening.transition.events) ASSERT_NO_THROW(apply(event, world.now().utc, ledger));
    EXPECT_EQ(ledger.memberships().size(), 1U);
}

/// Requests of an older version do not say which groups were asked for: they open under the policy they were filed under.
TEST(Opening, LendsNothingUnderAnotherPolicyWhereTheGroupsAskedForAreNotKnown) {
    ModelWorld world;
    EXPECT_TRUE(world.file("ada", "both", Seconds(600)));
    MemoryLedger ledger = world.ledger();
    Request old = *ledger.request(RequestId{1});
    old.lends.clear();
    ledger.put(old);
    const auto outcome = [&](const Policy& policy) {
        return open_grant(ledger, policy, world.opening_facts(RequestId{1}), RequestId{1}, world.now()).outcome;
    };
    EXPECT_EQ(outcome(world.policy()), Opening::Outcome::opened);
    Policy another = world.policy();
    another.hash = PolicyHash("another");
    EXPECT_EQ(outcome(another), Opening::Outcome::refused);
}

}  // namespace
}  // namespace stint::test
