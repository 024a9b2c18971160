// One shape of handler per shape of command: read it, ask the service, write the answer. No rule is judged here.
#include "http/handlers.hpp"

#include "http/problem.hpp"
#include "wire/json.hpp"
#include "wire/shapes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>

namespace stint::http {
namespace {

namespace json = boost::json;
template <class T>
using Awaitable = boost::asio::awaitable<T>;

template <class Command>
using CommandFrom = Result<Command> (*)(const json::object&);

Answer ok(const json::object& object, int status = 200) {
    Answer answer;
    answer.status = status;
    answer.body = json::serialize(object);
    return answer;
}

/// An empty body is an object without fields: `cancel` needs nothing more.
template <class Command>
Result<Command> read_body(const Call& call, CommandFrom<Command> from) {
    if (call.request.body.empty()) return from({});
    try {
        const json::value value = wire::parse_json(call.request.body);
        if (!value.is_object()) return Refusal{RefusalCode::malformed_request, "The body is no JSON object."};
        return from(value.get_object());
    } catch (const std::invalid_argument& wrong) {
        return Refusal{RefusalCode::malformed_request, wrong.what()};
    }
}

/// POSTs and paths with a number take no parameters.
std::optional<Refusal> refuse_parameters(const Call& call) { return QueryReader(call.target).finish(); }

Result<std::string> idempotency_key(const Call& call) {
    const std::string key = call.request.idempotency_key.value_or("");
    const bool is_printable = std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
    if ((call.request.idempotency_key && key.empty()) || key.size() > 128 || !is_printable)
        return Refusal{RefusalCode::malformed_request, "Idempotency-Key is 1 to 128 printable ASCII characters."};
    return key;
}

Answer request_answer(const Result<RequestView>& result, const Call& call, int status = 200) {
    if (!result) return answer_for(result.refusal(), call.id);
    Answer answer = ok(wire::to_json(result.value()), status);
    if (status == 201) answer.location = "/v1/requests/" + std::to_string(result.value().id.value);
    return answer;
}

template <class View>
json::object listed(std::string_view name, const std::vector<View>& views) {
    json::array array;
    array.reserve(views.size());
    for (const View& view : views) array.push_back(wire::to_json(view));
    return {{"schema_version", wire::schema_version}, {name, std::move(array)}};
}

/// A decision about the request in the path.
template <class Command>
using Decide = Service::Answer<RequestView> (Service::*)(Caller, RequestId, Command);

template <class Command>
Awaitable<Answer> decide(Service& service, Call call, CommandFrom<Command> from, Decide<Command> decision) {
    if (const auto refusal = refuse_parameters(call)) co_return answer_for(*refusal, call.id);
    Result<Command> command = read_body<Command>(call, from);
    if (!command) co_return answer_for(command.refusal(), call.id);
    auto pending = (service.*decision)(call.caller, RequestId{call.id}, std::move(command).value());
    const Result<RequestView> result = co_await std::move(pending);
    co_return request_answer(result, call);
}

/// Something that is filed under a number of its own.
template <class Command>
Result<std::pair<Command, std::string>> read_filing(const Call& call, CommandFrom<Command> from) {
    if (auto refusal = refuse_parameters(call)) return std::move(*refusal);
    Result<std::string> key = idempotency_key(call);
    if (!key) return key.refusal();
    Result<Command> command = read_body<Command>(call, from);
    if (!command) return command.refusal();
    return std::pair(std::move(command).value(), std::move(key).value());
}

Awaitable<Answer> list(Service& service, Call call, ListRequests command, std::optional<Refusal> refusal) {
    if (refusal) co_return answer_for(*refusal);
    auto pending = service.list(call.caller, command);
    const Result<RequestPage> page = co_await std::move(pending);
    if (!page) co_return answer_for(page.refusal());
    json::object object = listed("requests", page.value().requests);
    if (page.value().next) object["next"] = page.value().next->value;
    co_return ok(object);
}

}  // namespace

Awaitable<Answer> show_whoami(Service& service, Call call) {
    if (const auto refusal = refuse_parameters(call)) co_return answer_for(*refusal);
    auto pending = service.whoami(call.caller);
    const Result<WhoamiView> view = co_await std::move(pending);
    co_return view ? ok(wire::to_json(view.value())) : answer_for(view.refusal());
}

Awaitable<Answer> list_entitlements(Service& service, Call call) {
    if (const auto refusal = refuse_parameters(call)) co_return answer_for(*refusal);
    auto pending = service.entitlements(call.caller);
    const Result<std::vector<EntitlementView>> views = co_await std::move(pending);
    co_return views ? ok(listed("entitlements", views.value())) : answer_for(views.refusal());
}

Awaitable<Answer> file_request(Service& service, Call call) {
    auto filing = read_filing<FileRequest>(call, wire::file_request_from);
    if (!filing) co_return answer_for(filing.refusal());
    auto& [command, key] = filing.value();
    const bool is_dry_run = command.is_dry_run;
    auto pending = service.file(call.caller, std::move(command), std::move(key));
    const Result<RequestView> result = co_await std::move(pending);
    co_return request_answer(result, call, is_dry_run ? 200 : 201);
}

Awaitable<Answer> break_glass(Service& service, Call call) {
    auto filing = read_filing<BreakGlass>(call, wire::break_glass_from);
    if (!filing) co_return answer_for(filing.refusal());
    auto& [command, key] = filing.value();
    auto pending = service.break_glass(call.caller, std::move(command), std::move(key));
    const Result<RequestView> result = co_await std::move(pending);
    co_return request_answer(result, call, 201);
}

Awaitable<Answer> extend_request(Service& service, Call call) {
    auto filing = read_filing<Extend>(call, wire::extend_from);
    if (!filing) co_return answer_for(filing.refusal(), call.id);
    auto& [command, key] = filing.value();
    auto pending = service.extend(call.caller, RequestId{call.id}, std::move(command), std::move(key));
    const Result<RequestView> result = co_await std::move(pending);
    co_return request_answer(result, call, 201);
}

Awaitable<Answer> list_requests(Service& service, Call call) {
    ListRequests command;
    QueryReader query(call.target);
    query.filter("filter", command.filter);
    query.number("before", command.before);
    query.limit("limit", command.limit, 500);
    auto refusal = query.finish();
    return list(service, std::move(call), command, std::move(refusal));
}

Awaitable<Answer> list_reviews(Service& service, Call call) {
    ListRequests command;
    command.filter = ListFilter::due;
    QueryReader query(call.target);
    query.number("before", command.before);
    query.limit("limit", command.limit, 500);
    auto refusal = query.finish();
    return list(service, std::move(call), command, std::move(refusal));
}

Awaitable<Answer> show_request(Service& service, Call call) {
    if (const auto refusal = refuse_parameters(call)) co_return answer_for(*refusal, call.id);
    auto pending = service.show(call.caller, RequestId{call.id});
    const Result<RequestView> result = co_await std::move(pending);
    co_return request_answer(result, call);
}

Awaitable<Answer> approve_request(Service& service, Call call) {
    return decide<Approve>(service, std::move(call), wire::approve_from, &Service::approve);
}
Awaitable<Answer> deny_request(Service& service, Call call) {
    return decide<Deny>(service, std::move(call), wire::deny_from, &Service::deny);
}
Awaitable<Answer> release_request(Service& service, Call call) {
    return decide<Release>(service, std::move(call), wire::release_from, &Service::release);
}
Awaitable<Answer> revoke_request(Service& service, Call call) {
    return decide<Revoke>(service, std::move(call), wire::revoke_from, &Service::revoke);
}
Awaitable<Answer> give_verdict(Service& service, Call call) {
    return decide<GiveVerdict>(service, std::move(call), wire::verdict_from, &Service::review);
}

Awaitable<Answer> cancel_request(Service& service, Call call) {
    if (const auto refusal = refuse_parameters(call)) co_return answer_for(*refusal, call.id);
    const Result<wire::Nothing> nothing = read_body<wire::Nothing>(call, wire::nothing_from);
    if (!nothing) co_return answer_for(nothing.refusal(), call.id);
    auto pending = service.cancel(call.caller, RequestId{call.id});
    const Result<RequestView> result = co_await std::move(pending);
    co_return request_answer(result, call);
}

Awaitable<Answer> list_findings(Service& service, Call call) {
    if (const auto refusal = refuse_parameters(call)) co_return answer_for(*refusal);
    auto pending = service.findings(call.caller);
    const Result<std::vector<FindingView>> views = co_await std::move(pending);
    co_return views ? ok(listed("findings", views.value())) : answer_for(views.refusal());
}

Awaitable<Answer> search_audit(Service& service, Call call) {
    SearchEvents command;
    QueryReader query(call.target);
    query.text("type", command.type);
    query.text("person", command.person);
    query.text("ticket", command.ticket);
    query.text("entitlement", command.entitlement);
    query.text("origin", command.origin);
    query.number("request", command.request);
    query.time("since", command.since);
    query.time("until", command.until);
    query.number("before", command.before);
    query.limit("limit", command.limit, 1000);
    if (const auto refusal = query.finish()) co_return answer_for(*refusal);
    auto pending = service.search(call.caller, std::move(command));
    const Result<EventPage> page = co_await std::move(pending);
    if (!page) co_return answer_for(page.refusal());
    json::object object = listed("events", page.value().events);
    if (page.value().next) object["next"] = page.value().next->value;
    co_return ok(object);
}

Awaitable<Answer> show_event(Service& service, Call call) {
    if (const auto refusal = refuse_parameters(call)) co_return answer_for(*refusal);
    auto pending = service.event(call.caller, EventSeq{call.id});
    const Result<EventView> view = co_await std::move(pending);
    co_return view ? ok(wire::to_json(view.value())) : answer_for(view.refusal());
}

}  // namespace stint::http
