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

}  // namespace
}  // namespace stint::test
