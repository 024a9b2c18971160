// A notice as text that a person can read. Pure; no field can break out of its line.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace stint::notify_inbox {

/// Throws PluginError(invalid_params) when the notice has not the promised shape.
[[nodiscard]] std::string compose(const boost::json::object& notice);
/// Control characters, line breaks and what changes the direction of writing become `?`; at most `limit` bytes.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t limit = 512);

}  // namespace stint::notify_inbox
