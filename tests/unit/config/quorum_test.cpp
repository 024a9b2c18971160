// The search for distinct representatives, held against trying everything.
#include "config/quorum.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

using namespace stint;
using namespace stint::config;

namespace {

std::set<PersonId> pool(std::string_view letters) {
    std::set<PersonId> people;
    for (const char one : letters) people.insert(PersonId(std::string(1, one)));
    return people;
}

/// Tries every person on every seat, one seat after the other.
bool can_fill(const std::vector<Seats>& stages, std::size_t stage, std::size_t seat, std::set<PersonId>& taken) {
    if (stage == stages.size()) return true;
    if (seat == stages[stage].count) return can_fill(stages, stage + 1, 0, taken);
    for (const PersonId& person : stages[stage].pool) {
        if (!taken.insert(person).second) continue;
        if (can_fill(stages, stage, seat + 1, taken)) return true;
        taken.erase(person);
    }
    return false;
}

bool by_trying(const std::vector<Seats>& stages, const std::optional<PersonId>& excluded) {
    std::set<PersonId> taken;
    if (excluded) taken.insert(*excluded);
    return can_fill(stages, 0, 0, taken);
}

}  // namespace

TEST(Quorum, MovesPeopleToMakeRoom) {
    // Greedy from the left would seat a on the first stage and leave the second empty.
    EXPECT_EQ(first_unfilled({{pool("ab"), 1}, {pool("a"), 1}}, std::nullopt), std::nullopt);
    EXPECT_EQ(first_unfilled({{pool("ab"), 1}, {pool("a"), 1}}, PersonId("b")), 1U);
    EXPECT_EQ(first_unfilled({{pool("ab"), 1}, {pool("bc"), 1}, {pool("ca"), 1}}, std::nullopt), std::nullopt);
    EXPECT_EQ(first_unfilled({{pool("ab"), 1}, {pool("bc"), 1}, {pool("ca"), 1}}, PersonId("a")), 2U);
    EXPECT_EQ(first_unfilled({{pool("a"), 2}}, std::nullopt), 0U);
    EXPECT_EQ(first_unfilled({}, PersonId("a")), std::nullopt);
}

TEST(Quorum, AgreesWithTryingEverything) {
    EXPECT_TRUE(rc::check("first_unfilled == nullopt exactly when some seating works", [] {
        std::vector<Seats> stages;
        const auto count = *rc::gen::inRange(1, 4);
        for (int i = 0; i < count; ++i) {
            const auto letters = *rc::gen::container<std::string>(rc::gen::inRange<char>('a', 'g'));
            stages.push_back({pool(letters), *rc::gen::inRange<std::size_t>(1, 4)});
        }
        std::optional<PersonId> excluded;
        if (*rc::gen::arbitrary<bool>()) excluded = PersonId(std::string(1, *rc::gen::inRange<char>('a', 'g')));
        RC_ASSERT(!first_unfilled(stages, excluded).has_value() == by_trying(stages, excluded));
        // Whoever is not critical does not matter.
        if (excluded && !critical_persons(stages).contains(*excluded))
            RC_ASSERT(by_trying(stages, excluded) == by_trying(stages, std::nullopt));
    }));
}
