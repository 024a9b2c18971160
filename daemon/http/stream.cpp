// Server-sent events (WHATWG HTML, section 9.2): changes of requests as they happen, and the hold that keeps an
// attached request alive. A broken world, thrown or refused, makes a stream silent and never ends it: a hold must not fall
// with the directory.
#include "http/session.hpp"

#include "http/answer_writer.hpp"
#include "http/problem.hpp"
#include "log/log.hpp"
#include "wire/shapes.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

namespace stint::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

std::string event_text(const Change& change) {
    return "id: " + std::to_string(change.seq.value) + "\nevent: request\ndata: " + boost::json::serialize(wire::to_json(change.request)) + "\n\n";
}

/// Without a change it still says where the log stands when that has moved, in an event without data: nothing is lost to a
/// client that is cut off before the first change.
std::string text_of(const std::optional<Told>& news, const std::optional<EventSeq>& after) {
    std::string text;
    if (news) {
        for (const Change& change : news->changes) text += event_text(change);
        if (text.empty() && (!after || *after != news->through)) text = "id: " + std::to_string(news->through.value) + "\n";
    }
    return text.ends_with("\n\n") ? text : text + ": keep-alive\n\n";
}

/// A refusal that says nothing about the caller: the world is broken or busy, and will not stay so.
bool is_passing(const Refusal& refusal) {
    const RefusalClass kind = class_of(refusal.code);
    return kind == RefusalClass::unavailable || kind == RefusalClass::busy;
}

std::string problem_text(const Refusal& refusal) { return "event: problem\ndata: " + answer_for(refusal).body + "\n\n"; }

/// Which request, and from where: a stream that was cut off goes on where it was.
std::optional<Refusal> read_wish(const Call& call, Part part, std::optional<RequestId>& request, std::optional<EventSeq>& after) {
    QueryReader query(call.target);
    if (part == Part::hold) request = RequestId{call.id};
    if (part == Part::events) query.number("request", request);
    if (auto refusal = query.finish()) return refusal;
    if (!call.request.last_event_id) return std::nullopt;
    const auto seq = parse_number(*call.request.last_event_id);
    if (!seq && *call.request.last_event_id != "0") return Refusal{RefusalCode::malformed_request, "Last-Event-ID is no number of an event."};
    after = EventSeq{seq.value_or(0)};
    return std::nullopt;
}

}  // namespace

Awaitable<void> Session::stream(Call call, Part part) {
    StreamWish wish;
    std::optional<Told> first;
    std::optional<Answer> no;
    if (const auto refusal = read_wish(call, part, wish.request, wish.after)) {
        no = answer_for(*refusal, call.id);
    } else {
        auto opened = open_stream(call, part, wish, first);
        no = co_await std::move(opened);
    }
    if (no) {
        no->must_close = true;
        auto replied = reply(std::move(*no), call.request);
        co_await std::move(replied);
        co_return;
    }
    ++host_->counters.answers[200];
    auto written = write(stream_head(call.request), Clock::now() + host_->settings.times.stream_write);
    if (!co_await std::move(written)) co_return;
    asio::co_spawn(host_->executor, watch_peer(shared_from_this()), asio::detached);
    const Request request = call.request;
    auto pumped = pump(std::move(call), wish, std::move(first));
    co_await std::move(pumped);
    auto ended = write(stream_piece(": the stream ends\n\n", request) + (request.is_http_11 ? stream_piece("", request) : ""),
                       Clock::now() + host_->settings.times.header);
    co_await std::move(ended);
}

/// What the service refuses before the stream begins is an answer with a status of its own.
Awaitable<std::optional<Answer>> Session::open_stream(Call call, Part part, StreamWish wish, std::optional<Told>& first) {
    if (part == Part::hold) {
        const auto pending = begin(host_->service.hold(call.caller, RequestId{call.id}));
        co_await wait_for(pending, deadline_, false);
        if (!pending->is_done) co_return answer_for(Trouble::took_too_long);
        if (pending->error) co_return answer_for(pending->error, host_->settings.explain, call.id);
        if (!*pending->value) co_return answer_for(pending->value->refusal(), call.id);
        hold_ = std::move(pending->value->value());
        co_return std::nullopt;
    }
    const std::int64_t id = wish.request ? wish.request->value : 0;
    const auto pending = begin(host_->service.changes(call.caller, wish.request, wish.after, Seconds(0), listener_));
    co_await wait_for(pending, deadline_, false);
    if (!pending->is_done) co_return answer_for(Trouble::took_too_long);
    if (pending->error) co_return answer_for(pending->error, host_->settings.explain, id);
    if (!*pending->value) co_return answer_for(pending->value->refusal(), id);
    first = std::move(pending->value->value());
    co_return std::nullopt;
}

Awaitable<void> Session::pump(Call call, StreamWish wish, std::optional<Told> news) {
    const auto& times = host_->settings.times;
    for (bool is_blind = false; !must_stop_streaming();) {
        const std::string text = text_of(news, wish.after);
        if (news) wish.after = news->through;
        news.reset();
        auto told = write(stream_piece(text, call.request), Clock::now() + times.stream_write);
        if (!co_await std::move(told)) co_return;
        const auto begun_at = Clock::now();
        const auto pending = begin(host_->service.changes(call.caller, wish.request, wish.after, times.keep_alive, listener_));
        auto waited = wait_for_changes(pending, call.request);
        if (!co_await std::move(waited)) co_return;
        const bool is_answered = !pending->error && *pending->value;
        if (!pending->error && !is_answered && !is_passing(pending->value->refusal())) {
            auto said = write(stream_piece(problem_text(pending->value->refusal()), call.request), Clock::now() + times.stream_write);
            co_await std::move(said);
            co_return;
        }
        if (is_answered) news = std::move(pending->value->value());
        if (!is_answered && !is_blind) log::warning("http.stream_waits", {{"why", "the service cannot tell of changes just now"}});
        is_blind = !is_answered;
        // An answer without changes that came at once would make a loop without a pause.
        const bool is_hasty = (!news || news->changes.empty()) && Clock::now() - begun_at < times.broken_world;
        const auto nothing = std::make_shared<const Settled>();
        if (is_hasty) co_await wait_for(nothing, begun_at + times.broken_world, true);
    }
}

/// False when the stream has to end. The client hears something at least every `keep_alive`, whatever the service does.
Awaitable<bool> Session::wait_for_changes(std::shared_ptr<const Settled> pending, Request request) {
    const auto& times = host_->settings.times;
    while (!pending->is_done) {
        co_await wait_for(pending, Clock::now() + times.keep_alive + std::chrono::seconds(1), true);
        if (must_stop_streaming()) co_return false;
        if (pending->is_done) break;
        auto said = write(stream_piece(": keep-alive\n\n", request), Clock::now() + times.stream_write);
        if (!co_await std::move(said)) co_return false;
    }
    co_return true;
}

/// A client that only listens is never heard again, unless it goes away: then its hold goes that moment.
Awaitable<void> Session::watch_peer(std::shared_ptr<Session> self) {
    std::array<char, 512> ignored{};
    error_code error;
    while (!error && !self->has_ended_)
        co_await self->socket_.async_read_some(asio::buffer(ignored), asio::redirect_error(asio::use_awaitable, error));
    self->has_ended_ = true;
    self->listener_->leave();
    self->hold_.reset();
    self->wake_.cancel();
}

}  // namespace stint::http
