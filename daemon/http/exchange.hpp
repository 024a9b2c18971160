// One request and one answer as plain values: what the readers make, the handlers take and give, the writer writes.
// No socket and no HTTP library here.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace stint::http {

enum class Verb { get, head, post, other };

/// A request that was whole and well-formed; nothing in it has been judged.
struct Request {
    Verb verb = Verb::other;
    std::string target;                          ///< origin-form: path and query, printable ASCII
    std::string body;
    std::optional<std::string> idempotency_key;  ///< the fields the API knows, as they stood
    std::optional<std::string> act_as;
    std::optional<std::string> last_event_id;
    bool is_http_11 = true;
    bool wants_to_stay = true;                   ///< keep-alive
};

struct Answer {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::string allow;                           ///< the Allow field; "" for none
    std::string location;                        ///< the Location field; "" for none
    std::optional<std::chrono::seconds> retry_after;
    bool must_close = false;                     ///< the connection cannot, or shall not, be used again
};

}  // namespace stint::http
