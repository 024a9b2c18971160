// What machines ask: is it alive, is it ready, how is it (Prometheus text format 0.0.4). Names nobody.
#include "http/handlers.hpp"
#include "http/problem.hpp"

#include <array>
#include <exception>
#include <string_view>

namespace stint::http {
namespace {

template <class T>
using Awaitable = boost::asio::awaitable<T>;

Answer plain(std::string text) {
    Answer answer;
    answer.content_type = "text/plain; charset=utf-8";
    answer.body = std::move(text);
    return answer;
}

struct Figure {
    std::string_view name, type, help;
    std::int64_t value;
};

void write(std::string& to, const Figure& figure) {
    to.append("# HELP ").append(figure.name).append(" ").append(figure.help).append("\n# TYPE ").append(figure.name).append(" ");
    to.append(figure.type).append("\n").append(figure.name).append(" ").append(std::to_string(figure.value)).append("\n");
}

std::string metrics_text(const Health& health, const Counters& counters) {
    const std::array<Figure, 13> figures{{
        {"stint_ready", "gauge", "1 once the first round over all memberships has passed, while a policy is in force.", health.is_ready && health.has_policy},
        {"stint_directory_reachable", "gauge", "1 while the directory answers.", health.is_directory_reachable},
        {"stint_store_writable", "gauge", "1 while the broker can write its records.", health.is_store_writable},
        {"stint_grants_open", "gauge", "Grants that are lent now.", health.open_grants},
        {"stint_grants_closing", "gauge", "Grants at their end whose removal is not proved yet.", health.closing_grants},
        {"stint_revocations_overdue", "gauge", "Removals overdue by more than 60 s.", health.overdue},
        {"stint_revocations_stuck", "gauge", "Removals overdue by more than 300 s.", health.stuck},
        {"stint_requests_pending", "gauge", "Requests that wait for a decision.", health.pending},
        {"stint_outbox_waiting", "gauge", "Notices and notes not delivered yet.", health.outbox},
        {"stint_findings_open", "gauge", "Findings that nobody has cleared.", health.findings},
        {"stint_grants_total", "counter", "Grants opened since the store was made.", health.grants_total},
        {"stint_removals_proven_total", "counter", "Removals proved by reading back.", health.removals_proven_total},
        {"stint_http_connections", "gauge", "Connections at the door.", counters.connections},
    }};
    std::string text;
    for (const Figure& figure : figures) write(text, figure);
    text += "# HELP stint_http_requests_total Answers given at the door, by status.\n# TYPE stint_http_requests_total counter\n";
    for (const auto& [status, count] : counters.answers)
        text += "stint_http_requests_total{code=\"" + std::to_string(status) + "\"} " + std::to_string(count) + "\n";
    return text;
}

}  // namespace

Awaitable<Answer> tell_health(Service&, Call) { co_return plain("ok\n"); }

Awaitable<Answer> tell_readiness(Service& service, Call call) {
    if (call.counters.is_draining) co_return answer_for(Trouble::stopping);
    auto pending = service.health();
    const Health health = co_await std::move(pending);
    if (!health.is_ready) co_return answer_for(Refusal{RefusalCode::starting_up, ""});
    co_return health.has_policy ? plain("ready\n") : answer_for(Trouble::no_policy);
}

Awaitable<Answer> tell_metrics(Service& service, Call call) {
    auto pending = service.health();
    const Health health = co_await std::move(pending);
    Answer answer = plain(metrics_text(health, call.counters));
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    co_return answer;
}

}  // namespace stint::http
