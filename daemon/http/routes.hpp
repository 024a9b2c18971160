// The API's paths: one row each (verb, pattern, who may, handler). What is not listed is refused.
#pragma once

#include "app/service.hpp"
#include "http/counters.hpp"
#include "http/exchange.hpp"
#include "http/target.hpp"

#include <boost/asio/awaitable.hpp>

#include <span>
#include <string_view>
#include <variant>

namespace stint::http {

/// Everything a handler may look at. `id` is the number in the path, 0 for none.
struct Call {
    Caller caller;
    Request request;
    Target target;
    std::int64_t id = 0;
    Counters counters;
};

using Handler = boost::asio::awaitable<Answer> (*)(Service& service, Call call);

enum class Attested { no, yes };             ///< must the caller be known by name?
enum class Part { answer, events, hold };    ///< one answer, or a stream (http/stream)

struct Route {
    Verb verb;
    std::string_view pattern;                ///< "{id}" stands for a number
    Attested attested;
    Part part;
    Handler handler;                         ///< none for streams
};

struct Match {
    const Route* route = nullptr;
    std::int64_t id = 0;
};

[[nodiscard]] std::span<const Route> routes();
/// The row for this verb and path, or the answer that says why there is none. HEAD is taken wherever GET is.
[[nodiscard]] std::variant<Match, Answer> find_route(Verb verb, const Target& target);

}  // namespace stint::http
