// A plugin's settings on their way from TOML to the plugin: unchanged, but never with a secret in the open.
#pragma once

#include "config/toml_reader.hpp"

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace stint::config {

/// The table as JSON: texts, numbers, booleans, lists and tables as they are, dates and times as RFC 3339 writes
/// them. Errors: a number that JSON cannot hold; anything but a flag under a key that names a secret.
[[nodiscard]] boost::json::object to_settings(const toml::table& table, const std::string& path, Faults& faults);

/// "password", "api_token" … but not "password_file" or "token_credential", which only name a place.
[[nodiscard]] bool is_secret_key(std::string_view key);

/// JSON text with what may be secret left out: values under secret keys, and what stands before the @ of an address.
[[nodiscard]] std::string redacted_settings(const boost::json::object& settings);

}  // namespace stint::config
