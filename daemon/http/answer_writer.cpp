// Writing answers over Beast's serializer. What stands in a field was made by the broker, never by a caller.
#include "http/answer_writer.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>

namespace stint::http {
namespace {

namespace bhttp = boost::beast::http;

/// RFC 9110 section 6.6.1: IMF-fixdate.
std::string date_now() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << std::put_time(&utc, "%a, %d %b %Y %H:%M:%S GMT");
    return text.str();
}

template <class Message>
void set_common(Message& message, std::string_view content_type, const Request& to) {
    message.version(to.is_http_11 ? 11 : 10);
    message.set(bhttp::field::date, date_now());
    message.set(bhttp::field::server, "stintd");
    message.set(bhttp::field::content_type, content_type);
    message.set(bhttp::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
}

}  // namespace

std::string to_bytes(const Answer& answer, const Request& to, bool stays) {
    bhttp::response<bhttp::string_body> message;
    message.result(static_cast<unsigned>(answer.status));
    set_common(message, answer.content_type, to);
    if (!answer.allow.empty()) message.set(bhttp::field::allow, answer.allow);
    if (!answer.location.empty()) message.set(bhttp::field::location, answer.location);
    if (answer.retry_after) message.set(bhttp::field::retry_after, std::to_string(answer.retry_after->count()));
    message.keep_alive(stays);
    message.content_length(answer.body.size());
    std::ostringstream bytes;
    bytes << message.base();
    return bytes.str() + (to.verb == Verb::head ? "" : answer.body);
}

std::string stream_head(const Request& to) {
    bhttp::response<bhttp::empty_body> message;
    message.result(bhttp::status::ok);
    set_common(message, "text/event-stream", to);
    message.keep_alive(false);
    if (to.is_http_11) message.chunked(true);
    std::ostringstream bytes;
    bytes << message.base();
    return bytes.str();
}

std::string stream_piece(std::string_view text, const Request& to) {
    if (!to.is_http_11) return std::string(text);
    std::ostringstream piece;
    piece << std::hex << text.size() << "\r\n" << text << "\r\n";
    return piece.str();
}

}  // namespace stint::http
