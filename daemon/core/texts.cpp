// The words for the machines' states, kinds and reasons, as they stand in the log, the API and on the screen.
// A value outside an enum has no word: "".
#include "core/effect.hpp"
#include "core/finding.hpp"
#include "core/grant.hpp"
#include "core/membership.hpp"
#include "core/request.hpp"
#include "core/review.hpp"

namespace stint {

std::string_view to_text(RequestKind kind) {
    switch (kind) {
    case RequestKind::request: return "request";
    case RequestKind::break_glass: return "break_glass";
    case RequestKind::extension: return "extension";
    }
    return "";
}

std::string_view to_text(RequestState state) {
    switch (state) {
    case RequestState::pending: return "pending";
    case RequestState::approved: return "approved";
    case RequestState::opened: return "opened";
    case RequestState::denied: return "denied";
    case RequestState::cancelled: return "cancelled";
    case RequestState::lapsed: return "lapsed";
    case RequestState::refused: return "refused";
    }
    return "";
}

std::string_view to_text(GrantState state) {
    switch (state) {
    case GrantState::opening: return "opening";
    case GrantState::active: return "active";
    case GrantState::ready: return "ready";
    case GrantState::closing: return "closing";
    case GrantState::closed: return "closed";
    }
    return "";
}

std::string_view to_text(CloseReason reason) {
    switch (reason) {
    case CloseReason::expired: return "expired";
    case CloseReason::released: return "released";
    case CloseReason::revoked: return "revoked";
    case CloseReason::ticket_closed: return "ticket_closed";
    case CloseReason::person_disabled: return "person_disabled";
    case CloseReason::contained: return "contained";
    case CloseReason::removed_outside: return "removed_outside";
    case CloseReason::failed: return "failed";
    }
    return "";
}

std::string_view to_text(Operation operation) {
    switch (operation) {
    case Operation::add: return "add";
    case Operation::remove: return "remove";
    }
    return "";
}

std::string_view to_text(Presence presence) {
    switch (presence) {
    case Presence::unknown: return "unknown";
    case Presence::absent: return "absent";
    case Presence::present: return "present";
    }
    return "";
}

std::string_view to_text(ReviewState state) {
    switch (state) {
    case ReviewState::due: return "due";
    case ReviewState::overdue: return "overdue";
    case ReviewState::done: return "done";
    }
    return "";
}

std::string_view to_text(Verdict verdict) {
    switch (verdict) {
    case Verdict::justified: return "justified";
    case Verdict::unjustified: return "unjustified";
    }
    return "";
}

std::string_view to_text(FindingKind kind) {
    switch (kind) {
    case FindingKind::standing_member: return "standing_member";
    case FindingKind::outside_add: return "outside_add";
    case FindingKind::outside_remove: return "outside_remove";
    case FindingKind::stuck_removal: return "stuck_removal";
    case FindingKind::overdue_review: return "overdue_review";
    case FindingKind::ticket_unseen: return "ticket_unseen";
    case FindingKind::indirect_member: return "indirect_member";
    }
    return "";
}

std::string_view describe(FindingKind kind) {
    switch (kind) {
    case FindingKind::standing_member: return "Holds the group without a grant, and asked to be lent it.";
    case FindingKind::outside_add: return "Became a member of the group without the broker.";
    case FindingKind::outside_remove: return "Was taken out of the group by somebody else while a grant stood.";
    case FindingKind::stuck_removal: return "Should have been out of the group for over five minutes, and is not proven to be.";
    case FindingKind::overdue_review: return "A break-glass was not reviewed in time.";
    case FindingKind::ticket_unseen: return "Lent without the ticket system's word, as the policy allows.";
    case FindingKind::indirect_member:
        return "Is in the group by way of another group or as their primary one, and asked to be lent it: taking them out of it would do nothing.";
    }
    return "";
}

std::string_view to_text(NoticeKind kind) {
    switch (kind) {
    case NoticeKind::approval_wanted: return "approval_wanted";
    case NoticeKind::approval_reminder: return "approval_reminder";
    case NoticeKind::approved: return "approved";
    case NoticeKind::denied: return "denied";
    case NoticeKind::lapsed: return "lapsed";
    case NoticeKind::refused: return "refused";
    case NoticeKind::ready: return "ready";
    case NoticeKind::expires_soon: return "expires_soon";
    case NoticeKind::closed: return "closed";
    case NoticeKind::break_glass: return "break_glass";
    case NoticeKind::review_due: return "review_due";
    case NoticeKind::review_overdue: return "review_overdue";
    case NoticeKind::review_done: return "review_done";
    case NoticeKind::stuck: return "stuck";
    case NoticeKind::finding: return "finding";
    }
    return "";
}

}  // namespace stint
