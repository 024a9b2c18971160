// The JSON shapes of the API, both directions: the broker writes what the client reads, from one place.
// Described for strangers in docs/openapi.yaml. Readers are strict about types, lengths and unknown fields.
#pragma once

#include "core/command.hpp"
#include "core/result.hpp"
#include "core/view.hpp"

#include <boost/json/object.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace stint::wire {

/// 1; stands in every object the API or `--json` prints.
inline constexpr int schema_version = 1;

[[nodiscard]] boost::json::object to_json(const PersonView& view);
[[nodiscard]] boost::json::object to_json(const WhoamiView& view);
[[nodiscard]] boost::json::object to_json(const EntitlementView& view);
[[nodiscard]] boost::json::object to_json(const RequestView& view);
[[nodiscard]] boost::json::object to_json(const FindingView& view);
[[nodiscard]] boost::json::object to_json(const EventView& view);
/// RFC 9457: {type, title, status, detail, code, advice, request?}. `title` is what is wrong, `advice` what to do.
[[nodiscard]] boost::json::object problem(const Refusal& refusal, int status);
/// The same document for a trouble that no rule has a name for (a path nobody knows).
struct ProblemText {
    std::string_view code, title;
    std::string detail;
    std::string_view advice;
};
[[nodiscard]] boost::json::object problem(const ProblemText& text, int status);

/// The readers of the client; throw std::invalid_argument when the broker's answer has not the promised shape.
/// A field they do not know is ignored: an older client must understand a newer broker.
[[nodiscard]] WhoamiView whoami_from(const boost::json::object& json);
[[nodiscard]] EntitlementView entitlement_from(const boost::json::object& json);
[[nodiscard]] RequestView request_from(const boost::json::object& json);
[[nodiscard]] FindingView finding_from(const boost::json::object& json);
[[nodiscard]] EventView event_from(const boost::json::object& json);

/// The readers of the broker: an unknown field is refused (unknown_field), so is a wrong type (malformed_request), a
/// text over its limit (text_too_long) and one with control or bidirectional characters (text_not_allowed).
[[nodiscard]] Result<FileRequest> file_request_from(const boost::json::object& json);
[[nodiscard]] Result<BreakGlass> break_glass_from(const boost::json::object& json);
[[nodiscard]] Result<Approve> approve_from(const boost::json::object& json);
[[nodiscard]] Result<Deny> deny_from(const boost::json::object& json);
[[nodiscard]] Result<Extend> extend_from(const boost::json::object& json);
[[nodiscard]] Result<Release> release_from(const boost::json::object& json);
[[nodiscard]] Result<Revoke> revoke_from(const boost::json::object& json);
[[nodiscard]] Result<GiveVerdict> verdict_from(const boost::json::object& json);

/// A command that is all in its path (cancel): an object without fields.
struct Nothing {};
[[nodiscard]] Result<Nothing> nothing_from(const boost::json::object& json);

/// The writers of the client; what they write the readers above take back unchanged. `confirm` of a break-glass
/// is filled in: the client has asked the person before.
[[nodiscard]] boost::json::object to_json(const FileRequest& command);
[[nodiscard]] boost::json::object to_json(const BreakGlass& command);
[[nodiscard]] boost::json::object to_json(const Approve& command);
[[nodiscard]] boost::json::object to_json(const Deny& command);
[[nodiscard]] boost::json::object to_json(const Extend& command);
[[nodiscard]] boost::json::object to_json(const Release& command);
[[nodiscard]] boost::json::object to_json(const Revoke& command);
[[nodiscard]] boost::json::object to_json(const GiveVerdict& command);

}  // namespace stint::wire
