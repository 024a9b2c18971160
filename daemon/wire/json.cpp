// Bounded JSON parsing: one pass that counts keys and depth while Boost.JSON builds the value, and one walk over
// the result. Boost.JSON keeps the last of two equal keys and says nothing; two readers that disagree about which
// one counts are a way past a check, so such a document is refused. Never repeats the input in a message.
#include "wire/json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace stint::wire {
namespace {

namespace json = boost::json;

/// Builds the value; the count of keys is what duplicates are found by.
struct Builder {
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    json::value_stack stack;
    std::size_t keys = 0;

    bool on_document_begin(json::error_code&) {
        stack.reset();
        return true;
    }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) { return true; }
    bool on_object_end(std::size_t n, json::error_code&) {
        keys += n;
        stack.push_object(n);
        return true;
    }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(std::size_t n, json::error_code&) {
        stack.push_array(n);
        return true;
    }
    bool on_key_part(json::string_view s, std::size_t, json::error_code&) {
        stack.push_chars(s);
        return true;
    }
    bool on_key(json::string_view s, std::size_t, json::error_code&) {
        stack.push_key(s);
        return true;
    }
    bool on_string_part(json::string_view s, std::size_t, json::error_code&) {
        stack.push_chars(s);
        return true;
    }
    bool on_string(json::string_view s, std::size_t, json::error_code&) {
        stack.push_string(s);
        return true;
    }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t n, json::string_view, json::error_code&) {
        stack.push_int64(n);
        return true;
    }
    bool on_uint64(std::uint64_t n, json::string_view, json::error_code&) {
        stack.push_uint64(n);
        return true;
    }
    bool on_double(double n, json::string_view, json::error_code&) {
        stack.push_double(n);
        return true;
    }
    bool on_bool(bool b, json::error_code&) {
        stack.push_bool(b);
        return true;
    }
    bool on_null(json::error_code&) {
        stack.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }
};

/// The keys that are left in the value; throws on a number that is not finite. Depth is bounded by the parser.
std::size_t count_keys(const json::value& value) {
    std::size_t keys = 0;
    if (const auto* object = value.if_object()) {
        keys = object->size();
        for (const auto& member : *object) keys += count_keys(member.value());
    } else if (const auto* array = value.if_array()) {
        for (const auto& element : *array) keys += count_keys(element);
    } else if (const auto* number = value.if_double(); number != nullptr && !std::isfinite(*number)) {
        throw std::invalid_argument("a number in the JSON text is too large");
    }
    return keys;
}

}  // namespace

boost::json::value parse_json(std::string_view text, JsonLimits limits) {
    if (text.size() > limits.bytes) throw std::invalid_argument("the JSON text is longer than " + std::to_string(limits.bytes) + " bytes");
    json::parse_options options;
    options.max_depth = limits.depth;
    json::basic_parser<Builder> parser(options);
    json::error_code error;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (error == json::error::too_deep)
        throw std::invalid_argument("the JSON text is nested deeper than " + std::to_string(limits.depth) + " levels");
    if (error) throw std::invalid_argument("not JSON: " + error.message() + " at byte " + std::to_string(used));
    if (used != text.size()) throw std::invalid_argument("not JSON: more text after the end, at byte " + std::to_string(used));
    json::value value = parser.handler().stack.release();
    if (count_keys(value) != parser.handler().keys) throw std::invalid_argument("an object in the JSON text has the same key twice");
    return value;
}

}  // namespace stint::wire
