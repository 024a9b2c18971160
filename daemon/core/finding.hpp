// Something the broker saw and cannot approve of. It stays open until it is no longer so.
#pragma once

#include "core/id.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace stint {

enum class FindingKind {
    standing_member,   ///< somebody asked for what they hold without a grant
    outside_add,       ///< a member appeared that we did not add
    outside_remove,    ///< a member we had added was taken out by somebody else
    stuck_removal,     ///< a removal is overdue by more than five minutes
    overdue_review,
    ticket_unseen,     ///< lent without the ticket system's word, as the policy allows
    indirect_member,   ///< somebody asked for what they hold by way of another group, or as their primary one
};

struct Finding {
    FindingId id;
    FindingKind kind = FindingKind::standing_member;
    Utc seen_at{};
    std::optional<Utc> cleared_at;
    std::optional<RequestId> request;
    GroupId group;                         ///< empty when it is about no group
    GroupName group_name;
    PersonId person;                       ///< empty when it is about nobody
    friend bool operator==(const Finding&, const Finding&) = default;
};

[[nodiscard]] std::string_view to_text(FindingKind kind);
/// One sentence for people.
[[nodiscard]] std::string_view describe(FindingKind kind);

}  // namespace stint
