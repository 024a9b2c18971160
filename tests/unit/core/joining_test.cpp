// What a reading means for a grant that wants the membership.
#include "model_world.hpp"

#include <gtest/gtest.h>

namespace stint::test {
namespace {

const PersonRef ada{PersonId("ada"), Login("ada"), "ada", {}};
const GroupRef g1{GroupId("g1"), GroupName("g1")};

/// Whoever is in g1 when it is asked for at some moment, and was proved absent at another.
struct Seen {
    std::string name;
    Seconds asked, proved;      ///< against the moment of the judgement; 0: never
    bool is_present;
    Joining means;
};

class AReading : public testing::TestWithParam<Seen> {};

TEST_P(AReading, IsJudgedByWhatWasProvedSince) {
    const Seen& seen = GetParam();
    ModelWorld world;
    const Now now = world.now();
    MemoryLedger ledger;
    Membership membership;
    membership.id = MembershipId{1};
    membership.group = g1;
    membership.person = ada;
    membership.known = Presence::absent;
    if (seen.proved != Seconds(0)) membership.removed_at = now.utc + seen.proved;
    ledger.put(membership);
    const Reading reading{g1, seen.is_present, true, "model", now.utc + seen.asked};
    EXPECT_EQ(joining(ledger, membership, reading, now), seen.means);
    EXPECT_EQ(joining(ledger, std::nullopt, reading, now), seen.is_present ? Joining::standing : Joining::fresh) << "of somebody never lent it";
}

INSTANTIATE_TEST_SUITE_P(All, AReading,
                         testing::Values(Seen{"Before", Seconds(-10), Seconds(-5), true, Joining::unsettled},
                                         Seen{"AtTheSameMoment", Seconds(-5), Seconds(-5), true, Joining::unsettled},
                                         Seen{"Afterwards", Seconds(-4), Seconds(-5), true, Joining::standing},
                                         Seen{"LongAfterwards", Seconds(-1), Seconds(-90'000), true, Joining::standing},
                                         Seen{"NeverProved", Seconds(-10), Seconds(0), true, Joining::standing},
                                         Seen{"BeforeTheClockWasSetBack", Seconds(-10), Seconds(3600), true, Joining::standing},
                                         Seen{"AbsentBefore", Seconds(-10), Seconds(-5), false, Joining::fresh},
                                         Seen{"AbsentAfterwards", Seconds(-4), Seconds(-5), false, Joining::fresh}),
                         [](const auto& info) { return info.param.name; });

/// What the directory tells of ada and g1, and what stands in its way.
struct Stands {
    std::string name;
    bool is_present, is_indirect, is_held;
    std::optional<FindingKind> as;
};

class AMember : public testing::TestWithParam<Stands> {
protected:
    AMember() {
        EXPECT_TRUE(world.file("ada", "one", Seconds(600)));
        EXPECT_TRUE(world.decide("cho", RequestId{1}, true));
        if (GetParam().is_held) world.open_approved();
        if (GetParam().is_present) world.rival_add("g1", "ada");
        facts = world.opening_facts(RequestId{1});
        // One that is in it as a member of its own is not told as indirect.
        if (GetParam().is_indirect) facts.requester.indirect_groups = {{GroupId("other"), GroupName("other")}, g1};
    }
    ModelWorld world;
    OpeningFacts facts;
};

TEST_P(AMember, StandsInTheWayOrDoesNot) {
    EXPECT_EQ(standing_as(world.ledger(), facts.requester, facts.readings.front(), world.now()), GetParam().as);
}

class WhoAsks : public AMember {};

TEST_P(WhoAsks, IsRefusedWhenItOpensWithAFinding) {
    const Opening opening = open_grant(world.ledger(), world.policy(), facts, RequestId{1}, world.now());
    EXPECT_EQ(opening.outcome, GetParam().as ? Opening::Outcome::refused : Opening::Outcome::opened);
    std::optional<FindingKind> found;
    for (const Event& event : opening.transition.events) {
        if (const auto* seen = std::get_if<FindingSeen>(&event.body)) found = seen->kind;
    }
    EXPECT_EQ(found, GetParam().as);
}

TEST_P(WhoAsks, IsRefusedWhenItIsFiledAndSaysHow) {
    FilingFacts asked;
    asked.requester = facts.requester;
    asked.groups = facts.groups;
    asked.readings = facts.readings;
    FileRequest command;
    command.entitlement = EntitlementName("one");
    command.reason = "because";
    const auto judged = file_request(MemoryLedger{}, world.policy(), asked, command, world.now());
    EXPECT_EQ(!judged, GetParam().as.has_value());
    if (judged) return;
    EXPECT_EQ(judged.refusal(), standing_refusal(*GetParam().as));
    EXPECT_EQ(judged.refusal().code, RefusalCode::already_standing_member);
    EXPECT_EQ(judged.refusal().detail.empty(), GetParam().as == FindingKind::standing_member);
}

const Stands not_at_all{"NotAtAll", false, false, false, std::nullopt};
const Stands of_its_own{"OfItsOwn", true, false, false, FindingKind::standing_member};
const Stands indirectly{"Indirectly", false, true, false, FindingKind::indirect_member};

INSTANTIATE_TEST_SUITE_P(All, AMember,
                         testing::Values(not_at_all, of_its_own, indirectly, Stands{"ByAGrant", true, false, true, std::nullopt},
                                         Stands{"IndirectlyBesideAGrant", false, true, true, FindingKind::indirect_member}),
                         [](const auto& info) { return info.param.name; });
INSTANTIATE_TEST_SUITE_P(All, WhoAsks, testing::Values(not_at_all, of_its_own, indirectly), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace stint::test
