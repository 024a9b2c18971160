// Every machine's table against the whole product of states and commands: what is not listed here is refused.
#include "core/grant.hpp"
#include "core/request.hpp"
#include "core/review.hpp"

#include <gtest/gtest.h>

#include <map>
#include <utility>

using namespace stint;

namespace {

template <class State, class Command, class Table>
void expect_exactly(const Table& table, int states, int commands, const std::map<std::pair<State, Command>, State>& allowed) {
    for (int s = 0; s < states; ++s) {
        for (int c = 0; c < commands; ++c) {
            const auto state = static_cast<State>(s);
            const auto command = static_cast<Command>(c);
            const auto found = next_state(table, state, command);
            const auto expected = allowed.find({state, command});
            ASSERT_EQ(found.has_value(), expected != allowed.end()) << "state " << s << " command " << c;
            if (found) {
                EXPECT_EQ(*found, expected->second) << "state " << s << " command " << c;
            }
        }
    }
}

}  // namespace

TEST(Machine, ARequestMovesOnlyAsDesigned) {
    using S = RequestState;
    using C = RequestCommand;
    expect_exactly<S, C>(request_machine, 7, 6,
                         {{{S::pending, C::approve}, S::approved}, {{S::pending, C::deny}, S::denied}, {{S::pending, C::cancel}, S::cancelled},
                          {{S::pending, C::lapse}, S::lapsed}, {{S::approved, C::open}, S::opened}, {{S::approved, C::cancel}, S::cancelled},
                          {{S::approved, C::lapse}, S::lapsed}, {{S::approved, C::refuse}, S::refused}});
}

TEST(Machine, AGrantMovesOnlyAsDesigned) {
    using S = GrantState;
    using C = GrantCommand;
    expect_exactly<S, C>(grant_machine, 5, 4,
                         {{{S::opening, C::activate}, S::active}, {{S::active, C::prove_ready}, S::ready},
                          {{S::opening, C::begin_closing}, S::closing}, {{S::active, C::begin_closing}, S::closing},
                          {{S::ready, C::begin_closing}, S::closing}, {{S::closing, C::prove_closed}, S::closed}});
}

TEST(Machine, AReviewMovesOnlyAsDesigned) {
    using S = ReviewState;
    using C = ReviewCommand;
    expect_exactly<S, C>(review_machine, 3, 2,
                         {{{S::due, C::judge}, S::done}, {{S::due, C::miss}, S::overdue}, {{S::overdue, C::judge}, S::done}});
}

TEST(Machine, EndedStatesAbsorb) {
    for (int c = 0; c < 6; ++c) {
        for (const auto state : {RequestState::denied, RequestState::cancelled, RequestState::lapsed, RequestState::refused, RequestState::opened}) {
            EXPECT_FALSE(next_state(request_machine, state, static_cast<RequestCommand>(c)));
        }
    }
    for (int c = 0; c < 4; ++c) EXPECT_FALSE(next_state(grant_machine, GrantState::closed, static_cast<GrantCommand>(c)));
}
