// A notice as text that a person can read. Pure; no field can break out of its line.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace stint::notify_inbox {

/// Throws PluginError(invalid_params) when the notice has not the promised shape.
[[nodiscard]] std::string compose(const boost::json::object& notice, const std::string& key);
/// The header by which a message that is there already is known.
[[nodiscard]] std::string key_header(const std::string& key);

}  // namespace stint::notify_inbox
