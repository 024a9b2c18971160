// Refusals: every rule that can be broken, by name. The code is a promise to users; each has one sentence
// that says what is wrong and one that says what to do. Neither ever repeats what the user typed.
#pragma once

#include <string>
#include <string_view>

namespace stint {

/// X(code, class, what is wrong, what to do). Class: how the doors report it (http/ maps it to a status,
/// the client to an exit code): malformed, unauthenticated, forbidden, unknown, conflict, rule, busy, unavailable.
#define STINT_REFUSALS(X)                                                                                             \
    X(malformed_request, malformed, "The request could not be understood.", "Check it against the API's description.")\
    X(unknown_field, malformed, "The request has a field the broker does not know.", "Leave it out, or mend its name.")\
    X(text_too_long, malformed, "A text is longer than it may be.", "Shorten it: 200 characters for reasons and comments.") \
    X(text_not_allowed, malformed, "A text holds control characters or characters that change the direction of writing.", "Type it again as plain text.") \
    X(reference_not_valid, malformed, "A ticket or an incident is named by something that is no reference.", "Give its number as your help desk writes it (INC0001), without blanks; what it is about belongs there, not here.") \
    X(body_too_large, malformed, "The request is larger than 16 KiB.", "Send less: long texts belong in the ticket.")  \
    X(reason_required, malformed, "A reason is asked for and there is none.", "Say why in a few words: -r REASON.")    \
    X(duration_not_valid, malformed, "The duration is not valid.", "Give one such as 30m or 1h30m, one second at least.") \
    X(caller_unknown, unauthenticated, "The broker does not know who you are.", "Use an account that the directory knows by the same login name.") \
    X(caller_disabled, unauthenticated, "Your account is disabled in the directory.", "Ask your directory's administrator.") \
    X(not_permitted, forbidden, "You do not hold the role or the part in this request that this takes.", "`stint whoami` shows what you may do.") \
    X(request_unknown, unknown, "There is no such request, or it is not yours to see.", "`stint list --all` shows those you may see.") \
    X(event_unknown, unknown, "There is no event with this number in the audit log.", "`stint audit search` shows those there are.") \
    X(entitlement_unknown, unknown, "There is no such entitlement.", "`stint entitlements` shows those you may ask for.") \
    X(not_eligible, forbidden, "You are not among those who may ask for this entitlement.", "`stint entitlements` shows those you may ask for.") \
    X(ticket_required, rule, "This entitlement is lent on a ticket only.", "Name the ticket: -t TICKET.")             \
    X(ticket_unknown, rule, "The ticket system does not know this ticket.", "Check the ticket's number.")              \
    X(ticket_closed, rule, "The ticket is not in a state in which this entitlement is lent.", "Open it again, or name another ticket.") \
    X(ticket_not_yours, rule, "The ticket is not assigned to you.", "Have it assigned to you first.")                  \
    X(ticket_unreachable, unavailable, "The ticket system cannot be asked, and this entitlement is not lent without it.", "Try again later; in an emergency use break-glass.") \
    X(duration_exceeds_limit, rule, "The duration is longer than this entitlement allows.", "`stint entitlements` shows the limit.") \
    X(duration_exceeds_request, rule, "An approver may shorten a request, not lengthen it.", "Approve it as it is, or shorter.") \
    X(start_not_valid, rule, "The start is in the past, or more than 30 days away.", "Choose another start, or none.") \
    X(verification_required, rule, "This entitlement asks how the caller's identity was verified.", "Name the method: --verified METHOD; `stint entitlements` shows which count.") \
    X(verification_unknown, rule, "This way of verifying a caller does not count for this entitlement.", "`stint entitlements` shows which count.") \
    X(already_standing_member, rule, "You are a member of the group already, without a grant.", "Nothing needs to be lent; security has been told.") \
    X(membership_stuck, unavailable, "An earlier removal from this group is overdue, so nothing more is lent on it.", "Ask the broker's administrator to look at `stint list --findings`.") \
    X(request_already_open, conflict, "You have an open request or grant for this entitlement already.", "`stint list --mine` shows it; `stint extend` lengthens a grant.") \
    X(too_many_pending, busy, "You have three requests waiting already.", "Cancel one, or wait for an answer.")         \
    X(too_many_requests, busy, "You are asking too often.", "Wait a minute.")                                         \
    X(directory_unreachable, unavailable, "The directory cannot be asked.", "Nothing was changed: try again. What is yours you may release or cancel without it.") \
    X(store_unavailable, unavailable, "The broker cannot write its records, so it lends nothing.", "Removals go on. Tell the broker's administrator.") \
    X(starting_up, unavailable, "The broker has just started and is still comparing the directory with its records.", "Try again in a few seconds.") \
    X(clock_behind, unavailable, "The clock runs behind what the records say, so nothing is lent.", "Tell the broker's administrator.") \
    X(review_overdue, rule, "You have a break-glass whose review is overdue, so nothing ordinary is lent to you.", "Have it reviewed. Break-glass stays open to you.") \
    X(request_not_pending, conflict, "The request is not waiting for a decision any more.", "`stint show` tells what became of it.") \
    X(approver_is_requester, forbidden, "Nobody decides on their own request.", "Somebody else of the approvers has to decide.") \
    X(approver_not_eligible, forbidden, "You are not among those who decide at this stage.", "`stint show` tells who is.") \
    X(approver_already_decided, conflict, "You have decided on this request already; nobody counts twice.", "Somebody else has to give the next approval.") \
    X(request_ended, conflict, "The request has ended.", "`stint show` tells how.")                                     \
    X(grant_already_open, conflict, "The request has become a grant, and a grant is not cancelled.", "If it is your own, give it back with `stint release ID`; from others it is taken with `stint revoke ID -r REASON`.") \
    X(grant_not_open, conflict, "There is no open grant for this request.", "`stint show` tells what became of it.")    \
    X(grant_already_extended, rule, "A grant may be extended once, and this one was, or its extension is waiting.", "File a new request when it ends.") \
    X(extension_too_late, rule, "The grant ended before its extension was approved.", "File a new request.")            \
    X(break_glass_not_allowed, forbidden, "Break-glass is not open to you for this entitlement.", "`stint entitlements` shows what is.") \
    X(break_glass_already_open, conflict, "You have this entitlement by break-glass already.", "`stint list --mine` shows it.") \
    X(review_unknown, unknown, "There is no review under this number, or it is not yours to see.", "`stint list --due` shows the reviews that wait for you.") \
    X(review_already_done, conflict, "The review was done already.", "`stint show` tells the verdict.")                \
    X(reviewer_is_user, forbidden, "Nobody reviews their own break-glass.", "One of the other reviewers has to.")       \
    X(reviewer_is_approver, forbidden, "You took part in approving this grant, so you cannot review it.", "One of the other reviewers has to.") \
    X(reviewer_not_eligible, forbidden, "You are not among the reviewers of this entitlement.", "`stint show` tells who is.") \
    X(approval_withdrawn, rule, "An approver lost the right to approve before the grant opened.", "File a new request.") \
    X(policy_changed, rule, "The policy changed before the grant opened, and no longer allows it.", "File a new request.") \
    X(requester_disabled, rule, "The requester's account was disabled before the grant opened.", "Ask the directory's administrator.") \
    X(group_unknown, rule, "The directory does not know a group of this entitlement, or it is not the group it was.", "Tell the broker's administrator: `stintd check` names it.") \
    X(group_refused, rule, "The directory refused to change a group of this entitlement.", "Tell the broker's administrator: `stint show` has the directory's answer.") \
    X(idempotency_key_reused, conflict, "This Idempotency-Key was used for a different request.", "Use a new key.")        \
    X(not_there_yet, unknown, "This is not there yet in this version.", "See the manual for what is.")

enum class RefusalCode {
#define STINT_X(code, cls, what, advice) code,
    STINT_REFUSALS(STINT_X)
#undef STINT_X
};

enum class RefusalClass { malformed, unauthenticated, forbidden, unknown, conflict, rule, busy, unavailable };

/// A rule that was broken. `detail` narrows it down in the broker's own words ("the limit is 2h"), never in the user's.
struct [[nodiscard]] Refusal {
    RefusalCode code;
    std::string detail;
    friend bool operator==(const Refusal&, const Refusal&) = default;
};

[[nodiscard]] std::string_view to_text(RefusalCode code);
[[nodiscard]] RefusalClass class_of(RefusalCode code);
[[nodiscard]] std::string_view what_is_wrong(RefusalCode code);
[[nodiscard]] std::string_view what_to_do(RefusalCode code);

}  // namespace stint
