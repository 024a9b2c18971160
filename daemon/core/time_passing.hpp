// What time alone brings about: ends, lapses, reminders, escalations, warnings, missed reviews, overdue removals. Pure.
#pragma once

#include "core/entitlement.hpp"
#include "core/ledger.hpp"
#include "core/time.hpp"
#include "core/transition.hpp"

namespace stint {

/// How long before its end a person is told.
inline constexpr Seconds warning_before{300};

/// Each answers with an empty transition when it is not (or no longer) due.
[[nodiscard]] Transition expire(const Ledger& ledger, RequestId grant, const Now& now);
[[nodiscard]] Transition warn_of_end(const Ledger& ledger, RequestId grant, const Now& now);
[[nodiscard]] Transition lapse(const Ledger& ledger, RequestId request, const Now& now);
/// Reminds or escalates the open stage of a pending request, as the policy of now says.
[[nodiscard]] Transition nudge(const Ledger& ledger, const Policy& policy, RequestId request, const Now& now);
[[nodiscard]] Transition miss_review(const Ledger& ledger, RequestId request, const Now& now);
/// How long ago that was due. A time that is still to come by a wall clock that came up behind has passed by the time since
/// the records say that it was (docs/decisions/0009).
[[nodiscard]] std::chrono::microseconds lateness(Utc due_at, const Now& now);
/// Flags a removal as overdue, then as stuck, and tells security of the latter.
[[nodiscard]] Transition removal_late(const Ledger& ledger, MembershipId membership, const Now& now);

}  // namespace stint
