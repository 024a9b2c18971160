// Typed reading of settings and of a call's parameters. Everything wrong is a PluginError(invalid_params) that names the key.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace stint::sdk {

/// The text under `key`; it must be there and not be empty, of at most `limit` bytes, without a zero byte.
[[nodiscard]] std::string required_text(const boost::json::object& object, std::string_view key, std::size_t limit = 65536);
/// The text under `key`, or `fallback` when the key is not there.
[[nodiscard]] std::string text_or(const boost::json::object& object, std::string_view key, std::string_view fallback,
                                  std::size_t limit = 65536);
[[nodiscard]] bool bool_or(const boost::json::object& object, std::string_view key, bool fallback);

}  // namespace stint::sdk
