// HTTP/1.1 framing over Beast's parser. Beast holds the limits of header and body because it is the parser that is
// fed (its message overload of read() makes one of its own, without them); what it lets pass and RFC 9112 does not,
// or what two readers could understand differently, is refused here.
#include "http/request_reader.hpp"

#include "core/refusal.hpp"
#include "http/problem.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <optional>

namespace stint::http {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

struct RequestReader::Parser {
    bhttp::request_parser<bhttp::string_body> beast;
};

namespace {

using Fields = bhttp::request<bhttp::string_body>;

Answer trouble_of(const beast::error_code& error) {
    if (error == bhttp::error::body_limit) return answer_for(Refusal{RefusalCode::body_too_large, ""});
    if (error == bhttp::error::header_limit) return answer_for(Trouble::header_too_large);
    if (error == bhttp::error::bad_version) return answer_for(Trouble::version_unknown);
    return answer_for(Trouble::bad_http);
}

Verb verb_of(bhttp::verb verb) {
    if (verb == bhttp::verb::get) return Verb::get;
    if (verb == bhttp::verb::head) return Verb::head;
    if (verb == bhttp::verb::post) return Verb::post;
    return Verb::other;
}

/// The length of the body must be told once and in one way, or a reader in between could see other requests than we do.
bool is_framing_clear(const Fields& fields) {
    const auto lengths = fields.count(bhttp::field::content_length);
    const auto encodings = fields.count(bhttp::field::transfer_encoding);
    if (lengths > 1 || encodings > 1 || lengths + encodings > 1) return false;
    if (encodings == 1) return fields.version() == 11 && beast::iequals(fields[bhttp::field::transfer_encoding], "chunked");
    if (lengths == 0) return true;
    const auto length = fields[bhttp::field::content_length];
    return !length.empty() && std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// RFC 9112 section 3.2: exactly one Host in HTTP/1.1. The fields the API reads stand once, too.
bool has_each_field_once(const Fields& fields) {
    if (fields.count(bhttp::field::host) > 1) return false;
    if (fields.version() == 11 && fields.count(bhttp::field::host) == 0) return false;
    return fields.count("Idempotency-Key") <= 1 && fields.count("Stint-Act-As") <= 1 && fields.count("Last-Event-ID") <= 1;
}

bool has_obsolete_folding(std::string_view header) {
    return header.find("\n ") != std::string_view::npos || header.find("\n\t") != std::string_view::npos;
}

std::optional<Answer> objection_to(const Fields& fields, const RequestLimits& limits) {
    if (fields.target().size() > limits.target_bytes) return answer_for(Trouble::target_too_long);
    if (!fields.target().starts_with('/')) return answer_for(Trouble::bad_http);
    if (!is_framing_clear(fields) || !has_each_field_once(fields)) return answer_for(Trouble::bad_http);
    if (fields.count(bhttp::field::content_encoding) != 0) return answer_for(Trouble::encoding_unknown);
    const auto expected = fields[bhttp::field::expect];
    if (fields.count(bhttp::field::expect) > 1 || (!expected.empty() && !beast::iequals(expected, "100-continue")))
        return answer_for(Trouble::expectation_unknown);
    return std::nullopt;
}

std::optional<std::string> field_of(const Fields& fields, std::string_view name) {
    const auto found = fields.find(name);
    if (found == fields.end()) return std::nullopt;
    return std::string(found->value());
}

Request request_of(const Fields& fields) {
    Request request;
    request.verb = verb_of(fields.method());
    request.target = std::string(fields.target());
    request.idempotency_key = field_of(fields, "Idempotency-Key");
    request.act_as = field_of(fields, "Stint-Act-As");
    request.last_event_id = field_of(fields, "Last-Event-ID");
    request.is_http_11 = fields.version() == 11;
    request.wants_to_stay = fields.keep_alive();
    return request;
}

}  // namespace

RequestReader::RequestReader(RequestLimits limits) : limits_(limits) { start(); }
RequestReader::~RequestReader() = default;

void RequestReader::start() {
    parser_ = std::make_unique<Parser>();
    parser_->beast.header_limit(static_cast<std::uint32_t>(2 * limits_.header_bytes));  // of one put; ours is of the whole
    parser_->beast.body_limit(limits_.body_bytes);
    header_ = framing_ = 0;
    must_continue_ = is_chunked_ = false;
    state_ = State::idle;
}

void RequestReader::feed(std::string_view bytes) {
    if (state_ == State::refused) return;
    pending_ += bytes;
    if (state_ != State::whole) advance();
}

bool RequestReader::take_continue() noexcept {
    // Whoever has begun to send the body waits no longer.
    const bool must = must_continue_ && state_ == State::body && framing_ == 0 && pending_.empty();
    if (must || state_ == State::whole) must_continue_ = false;
    return must;
}

Request RequestReader::take() {
    Request request = std::move(request_);
    request.body = std::move(parser_->beast.get().body());
    start();
    advance();
    return request;
}

void RequestReader::refuse(Answer answer) {
    refusal_ = std::move(answer);
    refusal_.must_close = true;
    state_ = State::refused;
    pending_.clear();
}

void RequestReader::advance() {
    if (state_ == State::idle) pending_.erase(0, pending_.find_first_not_of("\r\n"));  // RFC 9112 section 2.2
    while (!pending_.empty() && parse_some() && state_ != State::whole) {}
}

/// One step of the parser; false when it needs more bytes or has refused.
bool RequestReader::parse_some() {
    // Beast asserts that a last chunk is looked at with five bytes or more, which it takes a hostile sender's timing to
    // break; the shortest end of a chunked body ("0\r\n\r\n") has as many, so waiting for them costs nothing.
    if (is_chunked_ && pending_.size() < 5) return false;
    const bool is_header = state_ != State::body;
    if (is_header) state_ = State::header;
    beast::error_code error;
    const std::size_t used = parser_->beast.put(boost::asio::buffer(pending_), error);
    (is_header ? header_ : framing_) += used;
    const bool is_folded = is_header && has_obsolete_folding(std::string_view(pending_).substr(0, used));
    pending_.erase(0, used);
    const bool is_starved = error == bhttp::error::need_more || used == 0;
    if (error && error != bhttp::error::need_more) return refuse(trouble_of(error)), false;
    if (is_folded) return refuse(answer_for(Trouble::bad_http)), false;
    if (is_header && !parser_->beast.is_header_done()) {
        if (header_ + pending_.size() > limits_.header_bytes) refuse(answer_for(Trouble::header_too_large));
        return state_ != State::refused && !is_starved;
    }
    if (is_header && !take_header()) return false;
    if (parser_->beast.is_done()) state_ = State::whole;
    else if (framing_ + pending_.size() > limits_.framing_bytes) refuse(answer_for(Refusal{RefusalCode::body_too_large, ""}));
    return state_ != State::refused && !is_starved;
}

bool RequestReader::take_header() {
    const Fields& fields = parser_->beast.get();
    if (header_ > limits_.header_bytes) return refuse(answer_for(Trouble::header_too_large)), false;
    if (auto answer = objection_to(fields, limits_)) return refuse(std::move(*answer)), false;
    request_ = request_of(fields);
    is_chunked_ = parser_->beast.chunked();
    must_continue_ = request_.is_http_11 && fields.count(bhttp::field::expect) == 1;
    state_ = State::body;
    return true;
}

}  // namespace stint::http
