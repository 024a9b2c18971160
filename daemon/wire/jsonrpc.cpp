// Framing and shapes of JSON-RPC; see the header. Strict in what it takes: a message that is not exactly
// JSON-RPC 2.0 is an error, because the other side is a program with a bug or not a plugin at all.
#include "wire/jsonrpc.hpp"

#include "wire/json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <limits>
#include <stdexcept>
#include <utility>

namespace stint::wire {
namespace json = boost::json;

namespace {

constexpr std::size_t max_depth = 16;
constexpr std::size_t max_method_bytes = 64;
constexpr std::size_t max_message_bytes = 4096;
constexpr std::size_t max_reason_bytes = 64;

[[noreturn]] void refuse(const char* what) { throw std::invalid_argument(what); }

// Texts of an error are for people: too long ones are cut at a character's start, not refused.
std::string cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return std::string(text);
    std::size_t end = limit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return std::string(text.substr(0, end)) + "…";
}

std::string_view as_text(const json::string& text) { return {text.data(), text.size()}; }

int whole_number(const json::value& value, const char* what) {
    if (!value.is_int64()) refuse(what);
    const std::int64_t number = value.get_int64();
    if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max()) refuse(what);
    return static_cast<int>(number);
}

RpcError error_from(const json::value& value) {
    if (!value.is_object()) refuse("its error is not an object");
    const json::object& object = value.get_object();
    const json::value* code = object.if_contains("code");
    const json::value* message = object.if_contains("message");
    if (code == nullptr || message == nullptr || !message->is_string()) refuse("its error has no code or no message");
    RpcError error;
    error.code = whole_number(*code, "its error's code is not a whole number");
    error.message = cut(as_text(message->get_string()), max_message_bytes);
    const json::value* data = object.if_contains("data");
    if (data == nullptr || !data->is_object()) return error;
    const json::object& fields = data->get_object();
    if (const json::value* reason = fields.if_contains("reason"); reason != nullptr && reason->is_string())
        error.reason = cut(as_text(reason->get_string()), max_reason_bytes);
    if (const json::value* detail = fields.if_contains("detail"); detail != nullptr && detail->is_string())
        error.detail = cut(as_text(detail->get_string()), max_message_bytes);
    if (const json::value* number = fields.if_contains("result_code"); number != nullptr)
        error.result_code = whole_number(*number, "its error's result_code is not a whole number");
    return error;
}

std::int64_t id_from(const json::value& value) {
    if (value.is_null()) refuse("its id is null: the other side could not read a line of ours");
    if (!value.is_int64()) refuse("its id is not a whole number");
    return value.get_int64();
}

RpcRequest request_from(json::object& object) {
    RpcRequest request;
    const json::value& method = object.at("method");
    if (!method.is_string()) refuse("its method is not a text");
    if (method.get_string().size() > max_method_bytes) refuse("its method's name is too long");
    request.method = std::string(as_text(method.get_string()));
    if (const json::value* id = object.if_contains("id")) request.id = id_from(*id);
    if (json::value* params = object.if_contains("params")) {
        if (!params->is_object()) refuse("its parameters are not an object");
        request.params = std::move(params->get_object());
    }
    return request;
}

RpcResponse response_from(json::object& object) {
    const json::value* id = object.if_contains("id");
    json::value* result = object.if_contains("result");
    const json::value* error = object.if_contains("error");
    if (id == nullptr) refuse("it has neither a method nor an id");
    if ((result == nullptr) == (error == nullptr)) refuse("it must have either a result or an error");
    RpcResponse response;
    response.id = id_from(*id);
    if (error != nullptr) {
        response.outcome = error_from(*error);
        return response;
    }
    if (!result->is_object()) refuse("its result is not an object");
    response.outcome = std::move(result->get_object());
    return response;
}

// What we write must be readable: Boost.JSON writes any bytes, but reads UTF-8 only.
std::string checked_line(const json::object& object) {
    std::string line = json::serialize(object);
    if (line.size() > max_line_bytes) refuse("the message is longer than a line may be");
    boost::system::error_code trouble;
    json::parse_options options;
    options.max_depth = max_depth;
    static_cast<void>(json::parse(line, trouble, {}, options));
    if (trouble) refuse("the message holds a text that is not UTF-8, or is nested too deeply");
    line += '\n';
    return line;
}

}  // namespace

void LineSplitter::feed(std::string_view bytes) {
    if (start_ > 0) {
        buffer_.erase(0, start_);
        looked_ -= start_;
        start_ = 0;
    }
    buffer_.append(bytes);
}

std::optional<std::string> LineSplitter::next() {
    const std::size_t end = buffer_.find('\n', looked_);
    const std::size_t length = (end == std::string::npos ? buffer_.size() : end) - start_;
    if (length > limit_) throw std::length_error("a line is longer than " + std::to_string(limit_) + " bytes");
    if (end == std::string::npos) {
        looked_ = buffer_.size();
        return std::nullopt;
    }
    std::string line = buffer_.substr(start_, length);
    start_ = looked_ = end + 1;
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

RpcMessage parse_message(std::string_view line) {
    json::value value = parse_json(line, {max_line_bytes, max_depth});
    if (!value.is_object()) refuse("it is not an object");
    json::object& object = value.get_object();
    const json::value* version = object.if_contains("jsonrpc");
    if (version == nullptr || !version->is_string() || version->get_string() != "2.0") refuse("it is not JSON-RPC 2.0");
    if (object.contains("method")) {
        if (object.contains("result") || object.contains("error")) refuse("it is a call and an answer at once");
        return request_from(object);
    }
    return response_from(object);
}

std::string to_line(const RpcRequest& request) {
    json::object object;
    object["jsonrpc"] = "2.0";
    if (request.id) object["id"] = *request.id;
    object["method"] = request.method;
    object["params"] = request.params;
    return checked_line(object);
}

std::string to_line(const RpcResponse& response) {
    json::object object;
    object["jsonrpc"] = "2.0";
    object["id"] = response.id;
    if (const auto* result = std::get_if<json::object>(&response.outcome)) {
        object["result"] = *result;
        return checked_line(object);
    }
    const RpcError& error = std::get<RpcError>(response.outcome);
    json::object data;
    if (!error.reason.empty()) data["reason"] = error.reason;
    if (!error.detail.empty()) data["detail"] = error.detail;
    if (error.result_code != 0) data["result_code"] = error.result_code;
    json::object& fields = object["error"].emplace_object();
    fields["code"] = error.code;
    fields["message"] = error.message;
    if (!data.empty()) fields["data"] = std::move(data);
    return checked_line(object);
}

}  // namespace stint::wire
