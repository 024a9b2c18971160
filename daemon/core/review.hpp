// The retrospective judgement of a break-glass by somebody else. It has its request's number.
#pragma once

#include "core/id.hpp"
#include "core/machine.hpp"
#include "core/person.hpp"
#include "core/time.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace stint {

enum class ReviewState { due, overdue, done };
enum class ReviewCommand { judge, miss };
enum class Verdict { justified, unjustified };

using ReviewMove = Move<ReviewState, ReviewCommand>;
inline constexpr std::array<ReviewMove, 3> review_machine{{
    {ReviewState::due, ReviewCommand::judge, ReviewState::done},
    {ReviewState::due, ReviewCommand::miss, ReviewState::overdue},
    {ReviewState::overdue, ReviewCommand::judge, ReviewState::done},
}};

struct Review {
    RequestId id;
    ReviewState state = ReviewState::due;
    PersonId user;                         ///< who used the break-glass
    EntitlementName entitlement;
    Utc due_at{};
    std::optional<Verdict> verdict;
    std::optional<PersonRef> reviewer;
    std::optional<Utc> done_at;
    std::string comment, incident;
    friend bool operator==(const Review&, const Review&) = default;
};

[[nodiscard]] std::string_view to_text(ReviewState state);
[[nodiscard]] std::string_view to_text(Verdict verdict);

}  // namespace stint
