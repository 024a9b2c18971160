// The life of a connection: read a request, find out who asks, have it answered, write the answer, again.
#include "http/session.hpp"

#include "http/answer_writer.hpp"
#include "http/problem.hpp"
#include "log/log.hpp"
#include "wire/plain_text.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace stint::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::uint32_t nobody = 65534;                     // all who are not attested share one account of places
constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t linger_bytes = 8 * 1024 * 1024;

/// Nothing in these was judged but the target's form and the verb.
std::optional<Answer> objection_to(const Request& request, const std::optional<Target>& target) {
    if (!target) return answer_for(Refusal{RefusalCode::malformed_request, "The target is not well-formed."});
    const bool has_body = !request.body.empty();
    if (has_body && (request.verb == Verb::get || request.verb == Verb::head))
        return answer_for(Refusal{RefusalCode::malformed_request, "GET and HEAD take no body."});
    return std::nullopt;
}

}  // namespace

Awaitable<void> Session::serve() {
    uid_ = host_->settings.peer_uid(socket_.native_handle());
    const Places::Place place = host_->places.take(uid_.value_or(nobody));
    if (!place) {
        // To be told why takes a place, too: without one the connection is closed at once, and its descriptor is free.
        const Places::Place to_be_told = host_->turned_away.take(uid_.value_or(nobody));
        if (!to_be_told) co_return;
        Answer answer = answer_for(Refusal{RefusalCode::too_many_requests, "Too many connections at a time."});
        answer.must_close = true;
        auto replied = reply(std::move(answer), Request{});
        co_await std::move(replied);
        co_return co_await linger();
    }
    host_->counters.connections = static_cast<std::int64_t>(host_->places.taken());
    for (bool is_first = true, stays = true; stays; is_first = false) {
        if (!co_await read_request(is_first)) co_return;
        stays = co_await serve_one();
    }
    if (reader_.state() == RequestReader::State::refused) co_await linger();
}

/// True when there is a request, or a refusal, to be answered.
Awaitable<bool> Session::read_request(bool is_first) {
    using State = RequestReader::State;
    const auto& times = host_->settings.times;
    arm(Clock::now() + (is_first ? times.header : times.idle));
    for (bool has_begun = false;;) {
        if (!has_begun && reader_.state() != State::idle) {
            has_begun = true;
            deadline_ = Clock::now() + times.request;
            arm(Clock::now() + times.header);
        }
        if (reader_.state() == State::whole || reader_.state() == State::refused) break;
        if (reader_.state() == State::body) arm(deadline_);
        if (reader_.take_continue()) {
            auto sent = write("HTTP/1.1 100 Continue\r\n\r\n", deadline_);
            if (!co_await std::move(sent)) co_return false;
            arm(deadline_);
        }
        if (!has_begun && host_->counters.is_draining) co_return false;
        is_idle_ = !has_begun;
        error_code error;
        const std::size_t size = co_await socket_.async_read_some(asio::buffer(came_), asio::redirect_error(asio::use_awaitable, error));
        is_idle_ = false;
        if (error) co_return false;
        reader_.feed({came_.data(), size});
    }
    disarm();
    co_return true;
}

/// Answers what was read; true when the connection may be used again.
Awaitable<bool> Session::serve_one() {
    if (reader_.state() == RequestReader::State::refused) {
        auto replied = reply(reader_.refusal(), Request{});
        co_return co_await std::move(replied);
    }
    auto admitted = admit(reader_.take());
    Admission admission = co_await std::move(admitted);
    Request request = admission.call.request;
    if (admission.refusal) {
        auto replied = reply(std::move(*admission.refusal), std::move(request));
        co_return co_await std::move(replied);
    }
    if (admission.route->part != Part::answer && request.verb != Verb::head) {
        auto streamed = stream(std::move(admission.call), admission.route->part);
        co_await std::move(streamed);
        co_return false;
    }
    Answer answer;
    if (admission.route->part == Part::answer) {
        auto asked = ask(admission.route->handler, std::move(admission.call));
        answer = co_await std::move(asked);
    } else {
        answer.content_type = "text/event-stream";
    }
    auto replied = reply(std::move(answer), std::move(request));
    co_return co_await std::move(replied);
}

/// Everything that is judged before the service hears of a request.
Awaitable<Session::Admission> Session::admit(Request request) {
    Admission admission;
    auto target = parse_target(request.target);
    admission.call.request = std::move(request);
    if (!uid_) {
        admission.refusal = answer_for(Refusal{RefusalCode::caller_unknown, "The kernel does not say who you are."});
        co_return admission;
    }
    admission.refusal = objection_to(admission.call.request, target);
    if (admission.refusal) co_return admission;
    auto found = find_route(admission.call.request.verb, *target);
    if (Answer* answer = std::get_if<Answer>(&found)) {
        admission.refusal = std::move(*answer);
        co_return admission;
    }
    admission.route = std::get<Match>(found).route;
    admission.call.id = std::get<Match>(found).id;
    admission.call.target = std::move(*target);
    admission.call.counters = host_->counters;
    if (admission.route->attested == Attested::yes) co_await attest(admission);
    co_return admission;
}

Awaitable<void> Session::attest(Admission& admission) {
    Call& call = admission.call;
    const std::string origin = "local uid " + std::to_string(*uid_);
    const auto& act_as = call.request.act_as;
    if (act_as && !host_->settings.may_act_as) {
        admission.refusal = answer_for(Refusal{RefusalCode::not_permitted, "This broker lets nobody act as somebody else."}, call.id);
        co_return;
    }
    if (act_as && (wire::is_blank(*act_as) || wire::judge_text(*act_as, 64) != wire::TextVerdict::plain)) {
        admission.refusal = answer_for(Refusal{RefusalCode::malformed_request, "Stint-Act-As is no login."}, call.id);
        co_return;
    }
    if (!host_->rate.take(act_as ? "as " + *act_as : origin, Clock::now())) {
        admission.refusal = answer_for(Refusal{RefusalCode::too_many_requests, ""}, call.id);
        co_return;
    }
    if (!host_->logins) co_return close();
    auto looked_up = host_->logins->login_of(*uid_);
    auto answer = co_await std::move(looked_up);
    if (!answer.is_known) {
        admission.refusal = answer_for(Trouble::login_not_told);
        co_return;
    }
    if (!answer.login) {
        admission.refusal = answer_for(Refusal{RefusalCode::caller_unknown, "No login is known for your uid."}, call.id);
        co_return;
    }
    call.caller = Caller{Login(std::move(*answer.login)), "peercred", origin, std::nullopt};
    if (act_as) call.caller.act_as = Login(*act_as);
}

Awaitable<Answer> Session::ask(Handler handler, Call call) {
    const std::int64_t id = call.id;
    const auto pending = begin(handler(host_->service, std::move(call)));
    co_await wait_for(pending, deadline_, false);
    if (!pending->is_done) {
        Answer answer = answer_for(Trouble::took_too_long);
        answer.must_close = true;
        co_return answer;
    }
    if (pending->error) co_return answer_for(pending->error, host_->settings.explain, id);
    co_return std::move(*pending->value);
}

/// Writes an answer; true when the connection may be used again.
Awaitable<bool> Session::reply(Answer answer, Request request) {
    const bool stays = request.wants_to_stay && !answer.must_close && !host_->counters.is_draining;
    ++host_->counters.answers[answer.status];
    log::write(log::Level::debug, "http.answered",
               {{"status", std::int64_t{answer.status}}, {"uid", uid_ ? std::int64_t{*uid_} : std::int64_t{-1}}});
    auto written = write(to_bytes(answer, request, stays), Clock::now() + host_->settings.times.header);
    co_return co_await std::move(written) && stays;
}

/// Takes in and forgets what the client still sends, so that it can finish sending and read why it was refused.
Awaitable<void> Session::linger() {
    error_code error;
    socket_.shutdown(LocalSocket::shutdown_send, error);
    arm(Clock::now() + linger_time);
    for (std::size_t taken = 0; !error && taken < linger_bytes;)
        taken += co_await socket_.async_read_some(asio::buffer(came_), asio::redirect_error(asio::use_awaitable, error));
}

}  // namespace stint::http
