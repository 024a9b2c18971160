// What is still owed to people and tickets after a transition. Kept in the outbox until it is done. What is owed
// to the directory is never an effect: it is a difference that reconcile closes.
#pragma once

#include "core/id.hpp"
#include "core/person.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stint {

enum class NoticeKind {
    approval_wanted, approval_reminder, approved, denied, lapsed, refused, ready, expires_soon, closed,
    break_glass, review_due, review_overdue, review_done, stuck, finding,
};

/// A message about a request, or a finding, to everybody in the groups and to the persons, each once, but never to
/// `except`. Security and the entitlement's reviewers are told what is theirs besides, whoever they are when it is sent.
struct NotifyPeople {
    NoticeKind kind = NoticeKind::approval_wanted;
    RequestId request;
    std::vector<GroupName> groups;
    std::vector<PersonRef> persons;
    std::vector<PersonId> except;
    FindingId finding{};                   ///< 0: it is about the request
    friend bool operator==(const NotifyPeople&, const NotifyPeople&) = default;
};

/// A line in the ticket: what became of the request.
struct NoteTicket {
    TicketId ticket;
    RequestId request;
    std::string text;                      ///< the broker's own words, no names
    friend bool operator==(const NoteTicket&, const NoteTicket&) = default;
};

using Effect = std::variant<NotifyPeople, NoteTicket>;

[[nodiscard]] std::string_view to_text(NoticeKind kind);

}  // namespace stint
