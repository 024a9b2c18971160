// Reading settings strictly, with the nearest right key for a wrong one; see settings.hpp and plugin.hpp.
#include "plugins/sdk/settings.hpp"

#include "plugins/sdk/plugin.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace stint::sdk {
namespace {

[[noreturn]] void bad(const std::string& message) { throw PluginError(Reason::invalid_params, message); }

/// Levenshtein's distance, one row kept.
std::size_t distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < right.size(); ++j) {
            const std::size_t changed = diagonal + (left[i] == right[j] ? 0U : 1U);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

std::string text_of(const boost::json::value& value, std::string_view key, std::size_t limit) {
    if (!value.is_string()) bad(std::string(key) + " must be text");
    std::string text(value.get_string());
    if (text.size() > limit) bad(std::string(key) + " is longer than " + std::to_string(limit) + " bytes");
    if (text.find('\0') != std::string::npos) bad(std::string(key) + " holds a zero byte");
    return text;
}

}  // namespace

void refuse_unknown_keys(const boost::json::object& settings, const std::vector<std::string_view>& known) {
    for (const auto& member : settings) {
        const std::string_view key(member.key());
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        if (known.empty()) bad("unknown setting \"" + std::string(key.substr(0, 64)) + "\"; this plugin has no settings");
        const std::string_view shown = key.substr(0, 64);
        const auto nearest = std::min_element(known.begin(), known.end(), [shown](std::string_view a, std::string_view b) {
            return distance(shown, a) < distance(shown, b);
        });
        bad("unknown setting \"" + std::string(shown) + "\"; the nearest one is \"" + std::string(*nearest) + "\"");
    }
}

std::string required_text(const boost::json::object& object, std::string_view key, std::size_t limit) {
    const boost::json::value* value = object.if_contains(key);
    if (value == nullptr) bad(std::string(key) + " is missing");
    std::string text = text_of(*value, key, limit);
    if (text.empty()) bad(std::string(key) + " is empty");
    return text;
}

std::string text_or(const boost::json::object& object, std::string_view key, std::string_view fallback, std::size_t limit) {
    const boost::json::value* value = object.if_contains(key);
    return value == nullptr ? std::string(fallback) : text_of(*value, key, limit);
}

bool bool_or(const boost::json::object& object, std::string_view key, bool fallback) {
    const boost::json::value* value = object.if_contains(key);
    if (value == nullptr) return fallback;
    if (!value->is_bool()) bad(std::string(key) + " must be true or false");
    return value->get_bool();
}

}  // namespace stint::sdk
