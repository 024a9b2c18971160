// What a reading of one server proves, step by step: the decisions of core/reconciling on records that a model hospital
// has brought about. Histories are walked elsewhere (lifecycle_property_test).
#include "model_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace stint::test {
namespace {

using Next = ReconcileStep::Next;

/// ada holds g1 and g2 by one grant that is ready, as the server "model" has shown.
class Reconciling : public testing::Test {
protected:
    Reconciling() {
        EXPECT_TRUE(world.file("ada", "both", Seconds(600)));
        for (int turn = 0; turn < 6; ++turn) {
            world.open_approved();
            world.reconcile_all(Fate::applied);
            world.pass(Seconds(1));
        }
        const auto found = world.ledger().membership_of(GroupId("g1"), PersonId("ada"));
        EXPECT_TRUE(found && found->known == Presence::present && found->server == "model");
        id = found ? found->id : MembershipId{};
    }

    ReconcileStep absent_on(const std::string& server, bool has_removed = false) const {
        ReconcileFacts facts;
        facts.seen = Observation{false, server};
        facts.has_removed = has_removed;
        return reconcile(world.ledger(), id, facts);
    }

    /// Ends the grant by hand: the removal is intended, and nothing was sent yet.
    void end_grant() { EXPECT_TRUE(world.release("ada", world.requests().front())); }

    ModelWorld world;
    MembershipId id;
};

template <class Body>
bool has(const ReconcileStep& step) {
    return std::any_of(step.transition.events.begin(), step.transition.events.end(),
                       [](const Event& event) { return std::holds_alternative<Body>(event.body); });
}

TEST_F(Reconciling, AnAbsenceNobodyAskedForIsRemovedOnceMoreBeforeTheGrantCloses) {
    const auto step = absent_on("model");
    EXPECT_EQ(step.next, Next::send_remove);
    EXPECT_TRUE(has<GrantClosing>(step));
    EXPECT_TRUE(has<FindingSeen>(step));
    EXPECT_TRUE(std::any_of(step.transition.effects.begin(), step.transition.effects.end(), [](const Effect& effect) {
        const auto* notice = std::get_if<NotifyPeople>(&effect);
        return notice != nullptr && notice->kind == NoticeKind::finding && notice->finding == FindingId{1};
    })) << "and security is told";
    EXPECT_FALSE(has<GrantClosed>(step)) << "closed before a removal looked under every name";
}

TEST_F(Reconciling, AnotherServersAbsenceEndsNoGrant) {
    const auto step = absent_on("replica");
    EXPECT_EQ(step.next, Next::rest);
    EXPECT_TRUE(step.transition.events.empty());
}

TEST_F(Reconciling, AnotherServersAbsenceIsNoProofThatARemovalIsDone) {
    end_grant();
    const auto step = absent_on("replica");
    EXPECT_EQ(step.next, Next::send_remove);
    EXPECT_FALSE(has<MembershipObserved>(step));
    EXPECT_FALSE(has<GrantClosed>(step));
}

TEST_F(Reconciling, AnyServersAbsenceIsProofOnceARemovalChangedAnEntry) {
    end_grant();
    const auto step = absent_on("replica", true);
    EXPECT_EQ(step.next, Next::rest);
    EXPECT_TRUE(has<MembershipObserved>(step));
}

/// It was sent while its intent could not be written down: the records know of the addition alone.
TEST_F(Reconciling, NothingIsSentWhileARemovalIsOpenThatTheRecordsDoNotKnow) {
    ModelWorld fresh;
    ASSERT_TRUE(fresh.file("ada", "both", Seconds(600)));
    fresh.open_approved();
    ReconcileFacts facts;
    facts.seen = Observation{true, "model"};
    facts.may_be_in_flight = facts.is_removal_in_flight = true;
    EXPECT_EQ(reconcile(fresh.ledger(), MembershipId{1}, facts).next, Next::wait);
    ASSERT_TRUE(fresh.release("ada", fresh.requests().front()));
    EXPECT_EQ(reconcile(fresh.ledger(), MembershipId{1}, facts).next, Next::wait);
    facts.is_removal_in_flight = false;
    EXPECT_EQ(reconcile(fresh.ledger(), MembershipId{1}, facts).next, Next::send_remove) << "of the addition, presence tells";
}

TEST_F(Reconciling, TheSameServersAbsenceIsProof) {
    end_grant();
    const auto step = absent_on("model");
    EXPECT_EQ(step.next, Next::rest);
    EXPECT_TRUE(has<MembershipObserved>(step));
}

/// The server that shows nothing refuses the next grant's addition; the other one still has the person from the last.
TEST_F(Reconciling, ARemovalThatIsNotProvedStaysOwedWhenTheNextGrantFails) {
    end_grant();
    ASSERT_TRUE(world.file("ada", "both", Seconds(600)));
    world.open_approved();
    MemoryLedger ledger = world.ledger();
    const auto take = [&](const ReconcileFacts& facts) {
        const ReconcileStep step = reconcile(ledger, id, facts);
        for (const Event& event : step.transition.events) apply(event, world.now().utc, ledger);
        return step;
    };
    ReconcileFacts absent;
    absent.seen = Observation{false, "replica"};
    EXPECT_EQ(take(absent).next, Next::send_add);
    EXPECT_EQ(take(absent).next, Next::send_add) << "asked again, it goes on";
    ReconcileFacts refused = absent;
    refused.refused = RefusedOperation{Operation::add, 50, "insufficient access"};
    const auto step = take(refused);
    EXPECT_EQ(step.next, Next::send_remove);
    EXPECT_FALSE(has<GrantClosed>(step));
    absent.seen->server = "model";
    EXPECT_EQ(take(absent).next, Next::rest);
    EXPECT_EQ(ledger.membership(id)->known, Presence::absent);
}

TEST_F(Reconciling, AnAdditionAcknowledgedElsewhereIsNotDisprovedByAReplica) {
    ModelWorld fresh;
    ASSERT_TRUE(fresh.file("ada", "both", Seconds(600)));
    fresh.open_approved();
    const auto membership = fresh.ledger().membership_of(GroupId("g1"), PersonId("ada"));
    ASSERT_TRUE(membership && membership->intent == Operation::add);
    ASSERT_TRUE(fresh.release("ada", fresh.requests().front()));
    ReconcileFacts facts;
    facts.seen = Observation{false, "replica"};
    facts.added_on = "model";
    const auto step = reconcile(fresh.ledger(), membership->id, facts);
    EXPECT_EQ(step.next, Next::send_remove);
    EXPECT_FALSE(has<GrantClosed>(step));
    // After a kill, nobody but the records knows who took it.
    MemoryLedger ledger = fresh.ledger();
    for (const Event& event : step.transition.events) apply(event, world.now().utc, ledger);
    facts.added_on.clear();
    EXPECT_EQ(reconcile(ledger, membership->id, facts).next, Next::send_remove);
    facts.seen->server = "model";
    EXPECT_TRUE(has<MembershipObserved>(reconcile(ledger, membership->id, facts)));
}

/// An addition was sent and never answered; the next one was intended, and not sent before the grant ended.
TEST(ReconcilingTwo, AnAdditionThatWasNeverAnsweredMayComeLateAlsoWhenTheNextWasNotSent) {
    ModelWorld world;
    ASSERT_TRUE(world.file("ada", "both", Seconds(600)));
    world.open_approved();
    ASSERT_TRUE(world.release("ada", RequestId{1}));
    ReconcileFacts facts;
    facts.is_unsent = facts.had_unknown = true;
    ReconcileFacts absent = facts, gone = facts;
    absent.seen = Observation{false, "model"};
    const auto step = reconcile(world.ledger(), MembershipId{1}, absent);
    const auto observed = std::find_if(step.transition.events.begin(), step.transition.events.end(),
                                       [](const Event& event) { return std::holds_alternative<MembershipObserved>(event.body); });
    ASSERT_NE(observed, step.transition.events.end());
    EXPECT_TRUE(std::get<MembershipObserved>(observed->body).may_apply_late) << "the sweep would leave it";
    gone.is_group_gone = true;
    EXPECT_EQ(reconcile(world.ledger(), MembershipId{1}, gone).next, Next::retry) << "the account may just not see it any more";
}

/// Both additions of one grant are refused before either group was read again.
TEST(ReconcilingTwo, AGrantClosesOnlyWhenEachOfItsMembershipsWasReadBackAbsent) {
    ModelWorld world;
    ASSERT_TRUE(world.file("ada", "both", Seconds(600)));
    world.open_approved();
    MemoryLedger ledger = world.ledger();
    const MembershipId first{1}, second{2};
    const auto take = [&](MembershipId id, const ReconcileFacts& facts) {
        const ReconcileStep step = reconcile(ledger, id, facts);
        for (const Event& event : step.transition.events) apply(event, world.now().utc, ledger);
        return step;
    };
    ReconcileFacts refused, absent;
    refused.refused = RefusedOperation{Operation::add, 50, "insufficient access"};
    absent.seen = Observation{false, "model"};
    take(first, refused);
    ReconcileFacts late = refused;
    late.had_unknown = true;  // an earlier addition of this one may still come true
    take(second, late);
    EXPECT_FALSE(has<GrantClosed>(take(first, absent))) << "nobody looked at the second group yet";
    EXPECT_TRUE(has<GrantClosed>(take(second, absent)));
    const auto swept = ledger.membership(second);
    ASSERT_TRUE(swept);
    EXPECT_FALSE(swept->removal_due_at) << "it would be called stuck for ever";
    EXPECT_TRUE(swept->sweep_until) << "the late addition would be nobody's";
}

/// The second was acknowledged by a server, not seen on another, sent once more, and refused.
TEST(ReconcilingTwo, AnAdditionThatWasAcknowledgedIsNotForgottenWhenAnotherIsRefused) {
    ModelWorld world;
    ASSERT_TRUE(world.file("ada", "both", Seconds(600)));
    world.open_approved();
    MemoryLedger ledger = world.ledger();
    const MembershipId first{1}, second{2};
    const auto take = [&](MembershipId id, const ReconcileFacts& facts) {
        const ReconcileStep step = reconcile(ledger, id, facts);
        for (const Event& event : step.transition.events) apply(event, world.now().utc, ledger);
        return step;
    };
    ReconcileFacts refused, absent, present;
    refused.refused = RefusedOperation{Operation::add, 50, "insufficient access"};
    refused.added_on = "replica";
    absent.seen = Observation{false, "model"};
    present.seen = Observation{true, "model"};
    take(second, refused);
    EXPECT_FALSE(has<GrantClosed>(take(first, absent))) << "the first was never there, of the second nobody knows";
    EXPECT_EQ(take(second, absent).next, Next::send_remove) << "another server's absence";
    EXPECT_EQ(take(second, present).next, Next::send_remove) << "it is ours";
    absent.seen->server = "replica";
    EXPECT_TRUE(has<GrantClosed>(take(second, absent)));
    EXPECT_FALSE(ledger.membership(second)->may_apply_late) << "what comes later is somebody else's";
}

}  // namespace
}  // namespace stint::test
