// Beast's parser, fed by hand. The body is kept only up to the limit; of an endless one only what was not taken yet.
#include "client/cli/http_response.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace stint::cli {

namespace http = boost::beast::http;

struct HttpResponse::Parser {
    http::response_parser<http::string_body> beast;
    std::string rest;  ///< bytes that Beast wants to see again with more after them
};

HttpResponse::HttpResponse(Body body) : parser_(std::make_unique<Parser>()) {
    parser_->beast.eager(true);
    parser_->beast.header_limit(head_limit);
    parser_->beast.body_limit(body == Body::bounded ? body_limit : std::numeric_limits<std::uint64_t>::max());
}

HttpResponse::~HttpResponse() = default;
HttpResponse::HttpResponse(HttpResponse&&) noexcept = default;
HttpResponse& HttpResponse::operator=(HttpResponse&&) noexcept = default;

void HttpResponse::feed(std::string_view bytes) {
    parser_->rest += bytes;
    std::string_view left = parser_->rest;
    while (!left.empty() && !parser_->beast.is_done()) {
        boost::system::error_code error;
        const std::size_t used = parser_->beast.put(boost::asio::const_buffer(left.data(), left.size()), error);
        left.remove_prefix(std::min(used, left.size()));
        if (error && error != http::error::need_more) throw BadResponse(error.message());
        if (used == 0 || error == http::error::need_more) break;
    }
    if (parser_->beast.is_done()) left = {};
    // Only an unfinished head or an unfinished chunk's size may wait here, and both are short.
    if (left.size() > head_limit) throw BadResponse("a line or header is longer than it may be");
    parser_->rest.erase(0, parser_->rest.size() - left.size());
}

void HttpResponse::finish() {
    if (parser_->beast.is_done()) return;
    if (!parser_->beast.is_header_done()) throw BadResponse("it ended within its head");
    boost::system::error_code error;
    if (parser_->beast.need_eof()) parser_->beast.put_eof(error);
    if (error) throw BadResponse(error.message());
}

bool HttpResponse::has_head() const { return parser_->beast.is_header_done(); }
bool HttpResponse::is_whole() const { return parser_->beast.is_done(); }
int HttpResponse::status() const { return static_cast<int>(parser_->beast.get().result_int()); }

std::string HttpResponse::content_type() const {
    const auto& head = parser_->beast.get();
    const auto found = head.find(http::field::content_type);
    if (found == head.end()) return {};
    std::string type(found->value().substr(0, found->value().find(';')));
    type.erase(type.find_last_not_of(" \t") + 1);
    std::transform(type.begin(), type.end(), type.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return type;
}

std::string HttpResponse::take_body() { return std::exchange(parser_->beast.get().body(), {}); }

}  // namespace stint::cli
