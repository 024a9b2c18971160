// The table, and finding a row in it.
#include "http/routes.hpp"

#include "http/handlers.hpp"
#include "http/problem.hpp"

#include <algorithm>
#include <array>

namespace stint::http {
namespace {

constexpr Route get(std::string_view pattern, Handler handler) { return {Verb::get, pattern, Attested::yes, Part::answer, handler}; }
constexpr Route post(std::string_view pattern, Handler handler) { return {Verb::post, pattern, Attested::yes, Part::answer, handler}; }
constexpr Route open(std::string_view pattern, Handler handler) { return {Verb::get, pattern, Attested::no, Part::answer, handler}; }
constexpr Route stream(std::string_view pattern, Part part) { return {Verb::get, pattern, Attested::yes, part, nullptr}; }

constexpr std::array<Route, 22> table{{
    get("/v1/whoami", show_whoami),
    get("/v1/entitlements", list_entitlements),
    get("/v1/requests", list_requests),
    post("/v1/requests", file_request),
    get("/v1/requests/{id}", show_request),
    post("/v1/requests/{id}/approve", approve_request),
    post("/v1/requests/{id}/deny", deny_request),
    post("/v1/requests/{id}/cancel", cancel_request),
    post("/v1/requests/{id}/extend", extend_request),
    post("/v1/requests/{id}/release", release_request),
    post("/v1/requests/{id}/revoke", revoke_request),
    stream("/v1/requests/{id}/hold", Part::hold),
    post("/v1/break-glass", break_glass),
    get("/v1/reviews", list_reviews),
    post("/v1/reviews/{id}", give_verdict),
    get("/v1/findings", list_findings),
    get("/v1/audit", search_audit),
    get("/v1/audit/{id}", show_event),
    stream("/v1/events", Part::events),
    open("/healthz", tell_health),
    open("/readyz", tell_readiness),
    open("/metrics", tell_metrics),
}};

/// What the contract names and this version does not have.
constexpr std::array<std::string_view, 6> not_there_yet{"/v1/people", "/v1/access-reviews", "/v1/report", "/v1/audit", "/v1/reviews", "/r"};

/// Walks a pattern or a path: the next segment, without its slash.
std::string_view next_segment(std::string_view& rest) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, std::min(rest.find('/'), rest.size()));
    rest.remove_prefix(segment.size());
    return segment;
}

/// The number in the path (0 when the pattern has none), or nullopt when they do not match.
std::optional<std::int64_t> match(std::string_view pattern, const std::vector<std::string>& path) {
    std::int64_t id = 0;
    for (const std::string& segment : path) {
        if (pattern.empty()) return std::nullopt;
        const std::string_view wanted = next_segment(pattern);
        if (wanted == "{id}") {
            const auto number = parse_number(segment);
            if (!number) return std::nullopt;
            id = *number;
        } else if (wanted != segment) {
            return std::nullopt;
        }
    }
    return pattern.empty() ? std::optional(id) : std::nullopt;
}

bool begins_with(const std::vector<std::string>& path, std::string_view pattern) {
    for (const std::string& segment : path) {
        if (pattern.empty()) return true;
        if (next_segment(pattern) != segment) return false;
    }
    return pattern.empty();
}

bool is_number(const std::string& text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos; }

Answer no_route(const Target& target) {
    const bool is_numbered = target.path.size() == 3 && is_number(target.path.back());
    if (is_numbered && begins_with(target.path, "/v1/audit")) return answer_for(Refusal{RefusalCode::event_unknown, ""});
    for (const std::string_view prefix : not_there_yet) {
        if (begins_with(target.path, prefix)) return answer_for(Refusal{RefusalCode::not_there_yet, ""});
    }
    if (begins_with(target.path, "/v1/requests") && target.path.size() == 3) return answer_for(Refusal{RefusalCode::request_unknown, ""});
    return answer_for(Trouble::path_unknown);
}

}  // namespace

std::span<const Route> routes() { return table; }

std::variant<Match, Answer> find_route(Verb verb, const Target& target) {
    const Verb wanted = verb == Verb::head ? Verb::get : verb;
    std::string allowed;
    for (const Route& route : table) {
        const auto id = match(route.pattern, target.path);
        if (!id) continue;
        if (route.verb == wanted) return Match{&route, *id};
        allowed.append(allowed.empty() ? "" : ", ").append(route.verb == Verb::get ? "GET, HEAD" : "POST");
    }
    if (allowed.empty()) return no_route(target);
    Answer answer = answer_for(Trouble::method_not_allowed);
    answer.allow = allowed;
    return answer;
}

}  // namespace stint::http
