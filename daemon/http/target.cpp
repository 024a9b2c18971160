// Taking a target apart. Strict, so that no two readers can see two different requests in one target.
#include "http/target.hpp"

#include "wire/plain_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace stint::http {
namespace {

constexpr std::size_t text_limit = 200;

std::optional<char> escaped_byte(std::string_view digits) {
    if (digits.size() < 2) return std::nullopt;
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + 2, value, 16);
    if (error != std::errc{} || end != digits.data() + 2) return std::nullopt;
    return static_cast<char>(static_cast<unsigned char>(value));
}

std::optional<std::string> decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const auto byte = escaped_byte(text.substr(i + 1));
            if (!byte) return std::nullopt;
            plain.push_back(*byte);
            i += 2;
        } else {
            plain.push_back(text[i] == '+' ? ' ' : text[i]);
        }
    }
    return plain;
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(at, start), text.size());
        parts.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return parts;
}

bool add_parameter(Target& target, std::string_view part) {
    const std::size_t equals = std::min(part.find('='), part.size());
    auto name = decoded(part.substr(0, equals));
    auto value = decoded(equals < part.size() ? part.substr(equals + 1) : std::string_view());
    if (!name || !value) return false;
    const bool is_twice = std::any_of(target.query.begin(), target.query.end(), [&name](const auto& known) { return known.first == *name; });
    if (!is_twice) target.query.emplace_back(std::move(*name), std::move(*value));
    return !is_twice;
}

}  // namespace

std::optional<Target> parse_target(std::string_view text) {
    const std::size_t mark = std::min(text.find('?'), text.size());
    const std::string_view path = text.substr(0, mark);
    if (!path.starts_with('/') || path.find_first_of("%\\#") != std::string_view::npos) return std::nullopt;
    Target target;
    for (const auto part : split(path.substr(1), '/')) target.path.emplace_back(part);
    if (mark == text.size()) return target;
    for (const auto part : split(text.substr(mark + 1), '&')) {
        if (!part.empty() && !add_parameter(target, part)) return std::nullopt;
    }
    return target;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
    if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

const std::string* QueryReader::find(std::string_view name) {
    known_.append(known_.empty() ? " " : ", ").append(name);
    for (const auto& [known, value] : target_.query) {
        if (known != name) continue;
        ++found_;
        return &value;
    }
    return nullptr;
}

void QueryReader::refuse(RefusalCode code, std::string_view name, std::string_view what) {
    if (!refusal_) refusal_ = Refusal{code, "`" + std::string(name) + "` " + std::string(what) + "."};
}

void QueryReader::text(std::string_view name, std::string& to) {
    const std::string* value = find(name);
    if (value == nullptr) return;
    switch (wire::judge_text(*value, text_limit)) {
    case wire::TextVerdict::plain: to = *value; return;
    case wire::TextVerdict::too_long: return refuse(RefusalCode::text_too_long, name, "is longer than 200 characters");
    case wire::TextVerdict::not_allowed: return refuse(RefusalCode::text_not_allowed, name, "is not plain text");
    }
}

void QueryReader::time(std::string_view name, std::optional<Utc>& to) {
    const std::string* value = find(name);
    if (value == nullptr) return;
    to = parse_rfc3339(*value);
    if (!to) refuse(RefusalCode::malformed_request, name, "is no RFC 3339 time");
}

void QueryReader::limit(std::string_view name, int& to, int max) {
    const auto value = number(name);
    if (!value) return;
    if (*value > max) return refuse(RefusalCode::malformed_request, name, "is more than " + std::to_string(max));
    to = static_cast<int>(*value);
}

void QueryReader::filter(std::string_view name, ListFilter& to) {
    static constexpr std::array<std::pair<std::string_view, ListFilter>, 5> words{{{"mine", ListFilter::mine},
                                                                                  {"pending", ListFilter::pending},
                                                                                  {"active", ListFilter::active},
                                                                                  {"due", ListFilter::due},
                                                                                  {"all", ListFilter::all}}};
    const std::string* value = find(name);
    if (value == nullptr) return;
    for (const auto& [word, filter] : words) {
        if (*value != word) continue;
        to = filter;
        return;
    }
    refuse(RefusalCode::malformed_request, name, "is none of mine, pending, active, due, all");
}

std::optional<std::int64_t> QueryReader::number(std::string_view name) {
    const std::string* value = find(name);
    if (value == nullptr) return std::nullopt;
    const auto number = parse_number(*value);
    if (!number) refuse(RefusalCode::malformed_request, name, "is no whole number from 1");
    return number;
}

std::optional<Refusal> QueryReader::finish() {
    if (found_ == target_.query.size()) return refusal_;
    return Refusal{RefusalCode::unknown_field, known_.empty() ? "No parameters are known here." : "The parameters known here:" + known_ + "."};
}

}  // namespace stint::http
