// Writes an event's line. Shared by encode, which makes the commitments, and decode, which writes what it read
// once more to hold it against the bytes it was given: that is what makes the form canonical.
#pragma once

#include "audit/entry.hpp"

#include <functional>
#include <optional>
#include <type_traits>

namespace stint::audit {

/// The commitment to write for a field; nothing: the field is left out.
using Commit = std::function<std::optional<std::string>(const std::string& field, const std::string& plaintext)>;

[[nodiscard]] std::string write_entry(const Event& event, EventSeq seq, const Now& now, const Commit& commit);

/// "ok", or the code of the rule that was broken.
[[nodiscard]] std::string result_of(const EventBody& body);

// What kinds of members a body may have, told apart at compile time.
template <class T> struct IsOptional : std::false_type {};
template <class T> struct IsOptional<std::optional<T>> : std::true_type {};
template <class T> struct IsId : std::false_type {};
template <class Tag> struct IsId<Id<Tag>> : std::true_type {};
template <class T> struct IsText : std::false_type {};
template <class Tag> struct IsText<Text<Tag>> : std::true_type {};

inline constexpr std::string_view actor_person = "person";
inline constexpr std::string_view actor_broker = "broker";

}  // namespace stint::audit
