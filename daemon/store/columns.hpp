// Each record's columns, named once: writing, reading and comparing follow from it. `key` and `fixed` columns are
// the record's identity and are written once; the rest changes. Names are those of schema/.
#pragma once

#include "core/finding.hpp"
#include "core/grant.hpp"
#include "core/membership.hpp"
#include "core/request.hpp"
#include "core/review.hpp"

#include <concepts>

namespace stint {

/// Record or const Record.
template <class T, class Record>
concept Either = std::same_as<std::remove_const_t<T>, Record>;

template <class V, Either<Request> R>
void columns(V& v, R& r) {
    v.key("id", r.id);
    v.fixed("kind", r.kind);
    v("state", r.state);
    v.fixed("requester_id", r.requester.id);
    v.fixed("requester_login", r.requester.login);
    v.fixed("requester_name", r.requester.name);
    v.fixed("requester_mail", r.requester.mail);
    v.fixed("entitlement", r.entitlement);
    v.fixed("ticket", r.ticket);
    v.fixed("reason", r.reason);
    v.fixed("impact", r.impact);
    v.fixed("action", r.action);
    v.fixed("affected", r.affected);
    v.fixed("verified", r.verified);
    v.fixed("lends", r.lends);
    v("is_ticket_typed", r.is_ticket_typed);
    v("duration_s", r.duration);
    v.fixed("start_us", r.start_at);
    v.fixed("created_us", r.created_at);
    v("lapses_us", r.lapses_at);
    v("stage", r.stage);
    v("stage_since_us", r.stage_since);
    v("is_reminded", r.is_reminded);
    v("is_escalated", r.is_escalated);
    v("approved_us", r.approved_at);
    v("ended_us", r.ended_at);
    v.fixed("policy", r.policy);
    v.fixed("extends", r.extends);
    v.fixed("is_attached", r.is_attached);
    v("refusal", r.refusal);
}

/// Without its key (request_id, n): `n` is its place in the order in which they were given.
template <class V, Either<Approval> R>
void columns(V& v, R& r) {
    v.fixed("stage", r.stage);
    v.fixed("approver_id", r.approver.id);
    v.fixed("approver_login", r.approver.login);
    v.fixed("approver_name", r.approver.name);
    v.fixed("approver_mail", r.approver.mail);
    v.fixed("is_approval", r.is_approval);
    v.fixed("at_us", r.at);
    v.fixed("comment", r.comment);
    v.fixed("shortened_to_s", r.shortened_to);
}

template <class V, Either<Grant> R>
void columns(V& v, R& r) {
    v.key("id", r.id);
    v("state", r.state);
    v.fixed("person_id", r.person.id);
    v.fixed("person_login", r.person.login);
    v.fixed("person_name", r.person.name);
    v.fixed("person_mail", r.person.mail);
    v.fixed("entitlement", r.entitlement);
    v.fixed("ticket", r.ticket);
    v.fixed("opened_us", r.opened_at);
    v("not_after_us", r.not_after.utc);
    v("not_after_boot_us", r.not_after.boot);
    v("not_after_boot_id", r.not_after.boot_id);
    v("reason", r.reason);
    v("active_us", r.active_at);
    v("ready_us", r.ready_at);
    v("closing_us", r.closing_at);
    v("closed_us", r.closed_at);
    v.fixed("is_break_glass", r.is_break_glass);
    v.fixed("is_attached", r.is_attached);
    v("is_extended", r.is_extended);
    v("is_warned", r.is_warned);
    v("failure", r.failure);
}

template <class V, Either<Review> R>
void columns(V& v, R& r) {
    v.key("id", r.id);
    v("state", r.state);
    v.fixed("user_id", r.user);
    v.fixed("entitlement", r.entitlement);
    v("due_us", r.due_at);
    v("verdict", r.verdict);
    v.person({"reviewer_id", "reviewer_login", "reviewer_name", "reviewer_mail"}, r.reviewer);
    v("done_us", r.done_at);
    v("comment", r.comment);
    v("incident", r.incident);
}

template <class V, Either<Membership> R>
void columns(V& v, R& r) {
    v.key("id", r.id);
    v.fixed("directory", r.directory);
    v.fixed("group_id", r.group.id);
    v("group_name", r.group.name);
    v.fixed("person_id", r.person.id);
    v("person_login", r.person.login);
    v("person_name", r.person.name);
    v("person_mail", r.person.mail);
    v("is_baseline", r.is_baseline);
    v("known", r.known);
    v("server", r.server);
    v("intent", r.intent);
    v("intended_us", r.intended_at);
    v("may_apply_late", r.may_apply_late);
    v("added_us", r.added_at);
    v("removed_us", r.removed_at);
    v("removal_due_us", r.removal_due_at);
    v("is_overdue", r.is_overdue);
    v("is_stuck", r.is_stuck);
    v("sweep_until_us", r.sweep_until);
    v("last_error", r.last_error);
}

template <class V, Either<Finding> R>
void columns(V& v, R& r) {
    v.key("id", r.id);
    v.fixed("kind", r.kind);
    v.fixed("seen_us", r.seen_at);
    v("cleared_us", r.cleared_at);
    v.fixed("request_id", r.request);
    v.fixed("group_id", r.group);
    v.fixed("group_name", r.group_name);
    v.fixed("person_id", r.person);
}

template <class Record> inline constexpr const char* table_of = nullptr;
template <> inline constexpr const char* table_of<Request> = "requests";
template <> inline constexpr const char* table_of<Approval> = "approvals";
template <> inline constexpr const char* table_of<Grant> = "grants";
template <> inline constexpr const char* table_of<Review> = "reviews";
template <> inline constexpr const char* table_of<Membership> = "memberships";
template <> inline constexpr const char* table_of<Finding> = "findings";

}  // namespace stint
