// One person in one group, as the broker must keep it: what was there before, what is wanted, what was read back,
// and the one operation that may be under way. Held open by one or more grants, counted.
#pragma once

#include "core/id.hpp"
#include "core/person.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace stint {

enum class Operation { add, remove };
enum class Presence { unknown, absent, present };

struct Membership {
    MembershipId id;
    std::string directory = "main";        ///< one today; part of the identity so that several need no redesign
    GroupRef group;
    PersonRef person;
    bool is_baseline = false;              ///< a human had put the person there before we came; such a one is never removed
    Presence known = Presence::unknown;    ///< as last read back
    std::string server;                    ///< the server that told so
    std::optional<Operation> intent;       ///< committed before it is sent, cleared when a read-back resolves it
    std::optional<Utc> intended_at;
    bool may_apply_late = false;           ///< an add was never proved: the sweep may take it away
    std::optional<Utc> added_at, removed_at;      ///< first and last proof
    std::optional<Utc> removal_due_at;     ///< since when it should be gone
    bool is_overdue = false, is_stuck = false;
    std::optional<Utc> sweep_until;        ///< read back now and then until then
    std::string last_error;                ///< the directory's last definite no
    friend bool operator==(const Membership&, const Membership&) = default;
};

[[nodiscard]] std::string_view to_text(Operation operation);
[[nodiscard]] std::string_view to_text(Presence presence);

/// Removal is late after this long, and an alarm after that (design: rules of the directory).
inline constexpr Seconds overdue_after{60};
inline constexpr Seconds stuck_after{300};
inline constexpr Seconds sweep_for{24 * 3600};

/// If the person is there although nothing lends it: may it be a write of ours that came true late?
[[nodiscard]] inline bool may_be_ours_late(const Membership& membership, const Now& now) {
    return membership.may_apply_late && membership.sweep_until && *membership.sweep_until > now.utc;
}

}  // namespace stint
