// Identities. Every id has a type of its own, so that one cannot reach another's parameter.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace stint {

/// A number that the broker gives out.
template <class Tag>
struct Id {
    std::int64_t value = 0;
    friend auto operator<=>(const Id&, const Id&) = default;
};

/// A text that somebody else gave out (a directory, an administrator, a ticket system).
template <class Tag>
struct Text {
    std::string value;
    Text() = default;
    explicit Text(std::string text) : value(std::move(text)) {}
    [[nodiscard]] bool empty() const noexcept { return value.empty(); }
    friend auto operator<=>(const Text&, const Text&) = default;
};

/// A request, and the grant and the review that came of it: one short number, the same everywhere.
using RequestId = Id<struct RequestTag>;
using MembershipId = Id<struct MembershipTag>;
using FindingId = Id<struct FindingTag>;
/// The position of an event in the log, from 1, without gaps (0 is kept for the log's genesis).
using EventSeq = Id<struct EventTag>;

/// The directory's immutable id of a person (entryUUID, objectGUID, nsUniqueId), never the name.
using PersonId = Text<struct PersonTag>;
/// The directory's immutable id of a group.
using GroupId = Text<struct GroupTag>;
/// A group as an administrator writes it: a DN for LDAP.
using GroupName = Text<struct GroupNameTag>;
using Login = Text<struct LoginTag>;
using EntitlementName = Text<struct EntitlementTag>;
using TicketId = Text<struct TicketTag>;
/// SHA-256 of the policy's files, 64 lower-case hexadecimal digits.
using PolicyHash = Text<struct PolicyHashTag>;

}  // namespace stint

template <class Tag>
struct std::hash<stint::Id<Tag>> {
    std::size_t operator()(const stint::Id<Tag>& id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
template <class Tag>
struct std::hash<stint::Text<Tag>> {
    std::size_t operator()(const stint::Text<Tag>& text) const noexcept { return std::hash<std::string>{}(text.value); }
};
