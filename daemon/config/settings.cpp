// TOML values to JSON values, and a second look for secrets on the way in and on the way to people.
#include "config/settings.hpp"

#include "log/log.hpp"
#include "wire/plain_text.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <cmath>
#include <sstream>

namespace stint::config {
namespace {

namespace json = boost::json;

constexpr std::string_view left_out = "(not shown)";

class Converter {
public:
    explicit Converter(Faults& faults) : faults_(faults) {}

    json::object object(const toml::table& table, const std::string& path) {
        json::object result;
        for (auto&& [key, value] : table) {
            const std::string inner = path + "." + std::string(key.str());
            // A number is as good a password as a text is. A flag ("require_token = true") holds none.
            if (is_secret_key(key.str()) && !value.is_boolean()) refuse_secret(value, inner, key.str());
            result.emplace(json::string_view(key.str().data(), key.str().size()), this->value(value, inner));
        }
        return result;
    }

private:
    json::value value(const toml::node& node, const std::string& path) {
        switch (node.type()) {
            case toml::node_type::table: return object(*node.as_table(), path);
            case toml::node_type::array: return array(*node.as_array(), path);
            case toml::node_type::string: return json::value(json::string_view(node.as_string()->get().data(), node.as_string()->get().size()));
            case toml::node_type::integer: return json::value(node.as_integer()->get());
            case toml::node_type::floating_point: return number(*node.as_floating_point(), path);
            case toml::node_type::boolean: return json::value(node.as_boolean()->get());
            case toml::node_type::date: return written(node.as_date()->get());
            case toml::node_type::time: return written(node.as_time()->get());
            case toml::node_type::date_time: return written(node.as_date_time()->get());
            case toml::node_type::none: break;
        }
        return json::value(nullptr);
    }

    json::value array(const toml::array& array, const std::string& path) {
        json::array result;
        for (const toml::node& one : array) result.push_back(value(one, path));
        return result;
    }

    json::value number(const toml::value<double>& node, const std::string& path) {
        if (!std::isfinite(node.get())) fault(node, path, "is no finite number, which no plugin can be told");
        return json::value(std::isfinite(node.get()) ? node.get() : 0.0);
    }

    template <class Time>
    static json::value written(const Time& time) {
        std::ostringstream text;
        text << time;
        return json::value(text.str());
    }

    void refuse_secret(const toml::node& node, const std::string& path, std::string_view key) {
        const std::string name = log::escaped(key);
        fault(node, path, "is a secret, and secrets never stand in this file: name one in the credentials folder with `" + name +
                              "_credential`, or a file closed to all others with `" + name + "_file`");
    }

    void fault(const toml::node& node, const std::string& path, const std::string& what) {
        faults_.errors.push_back(to_prefix(place_of(node)) + "`" + log::escaped(path) + "` " + what);
    }

    Faults& faults_;
};

/// "ldaps://user:secret@host" → "ldaps://(not shown)@host".
std::string without_userinfo(std::string_view text) {
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos) return std::string(text);
    const auto host = text.find_first_of("/?#", scheme + 3);
    const auto at = text.substr(0, host).rfind('@');
    if (at == std::string_view::npos || at < scheme) return std::string(text);
    return std::string(text.substr(0, scheme + 3)) + std::string(left_out) + std::string(text.substr(at));
}

void redact(json::value& value);

void redact(json::object& object) {
    for (auto& member : object) {
        if (is_secret_key(member.key())) {
            member.value() = left_out;
        } else {
            redact(member.value());
        }
    }
}

void redact(json::value& value) {
    if (value.is_object()) {
        redact(value.get_object());
    } else if (value.is_array()) {
        for (json::value& one : value.get_array()) redact(one);
    } else if (value.is_string()) {
        value = without_userinfo(std::string_view(value.get_string().data(), value.get_string().size()));
    }
}

}  // namespace

json::object to_settings(const toml::table& table, const std::string& path, Faults& faults) { return Converter(faults).object(table, path); }

bool is_secret_key(std::string_view key) {
    std::string lower(key);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char one) { return static_cast<char>(std::tolower(one)); });
    if (lower.ends_with("_credential") || lower.ends_with("_file")) return false;
    static constexpr std::array<std::string_view, 8> names{"password", "passwd", "passphrase", "secret", "token", "private_key", "api_key", "bind_pw"};
    return std::any_of(names.begin(), names.end(), [&lower](std::string_view name) { return lower.ends_with(name); });
}

std::string redacted_settings(const json::object& settings) {
    json::object shown = settings;
    redact(shown);
    std::string text = json::serialize(shown);
    // JSON escapes C0 only; what else a terminal could act on is shown, not done.
    return wire::judge_text(text, text.size()) == wire::TextVerdict::plain ? text : log::escaped(text);
}

}  // namespace stint::config
