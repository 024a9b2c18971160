// The texts and statuses of the door's refusals and troubles.
#include "http/problem.hpp"

#include "log/log.hpp"
#include "wire/shapes.hpp"

#include <boost/json/serialize.hpp>

#include <array>
#include <random>
#include <stdexcept>
#include <string_view>

namespace stint::http {
namespace {

struct TroubleRow {
    Trouble trouble;
    int status;
    std::string_view code, title, advice;
};

constexpr std::array<TroubleRow, 13> troubles{{
    {Trouble::bad_http, 400, "bad_http", "This is not an HTTP request the broker takes.", "Check it against the API's description."},
    {Trouble::path_unknown, 404, "path_unknown", "There is nothing under this path.", "Check it against the API's description."},
    {Trouble::method_not_allowed, 405, "method_not_allowed", "This path does not take this method.", "The Allow field names those it takes."},
    {Trouble::target_too_long, 414, "target_too_long", "The request's target is longer than 1 KiB.", "Ask for less at once."},
    {Trouble::encoding_unknown, 415, "encoding_unknown", "The broker takes bodies only as they are.", "Leave out Content-Encoding."},
    {Trouble::expectation_unknown, 417, "expectation_unknown", "The broker meets no expectation but 100-continue.", "Leave out Expect."},
    {Trouble::header_too_large, 431, "header_too_large", "The request's header is larger than 8 KiB.", "Send fewer or shorter fields."},
    {Trouble::internal_error, 500, "internal_error", "The broker failed on this request.",
     "Look whether it was done (`stint list`); tell the broker's administrator the error's id."},
    {Trouble::took_too_long, 503, "took_too_long", "The answer took too long; what was asked may still be done.",
     "Look with `stint list --mine`, or ask again with the same Idempotency-Key."},
    {Trouble::stopping, 503, "stopping", "The broker is being stopped or restarted.", "Try again in a few seconds."},
    {Trouble::no_policy, 503, "no_policy", "No policy is in force: nothing can be asked for, and what stands is taken back on time.",
     "Look at the broker's log and `stintd check`, then load a good policy."},
    {Trouble::login_not_told, 503, "login_not_told", "The broker's host cannot say now which login your uid has.",
     "Try again; the host's name service (`getent passwd`, sssd) does not answer."},
    {Trouble::version_unknown, 505, "version_unknown", "The broker speaks HTTP/1.1.", "Use HTTP/1.1."},
}};

Answer problem_answer(int status, boost::json::object problem) {
    Answer answer;
    answer.status = status;
    answer.content_type = "application/problem+json";
    answer.body = boost::json::serialize(problem);
    if (status == 429) answer.retry_after = std::chrono::seconds(60);
    if (status == 503) answer.retry_after = std::chrono::seconds(5);
    answer.must_close = status == 401;
    return answer;
}

/// Eight hexadecimal digits that tie an answer to a line of the log.
std::string new_error_id() {
    std::random_device source;
    std::string id;
    for (unsigned bits = source(); id.size() < 8; bits >>= 4u) id.push_back("0123456789abcdef"[bits & 0xFu]);
    return id;
}

Answer unexplained(const std::string& what) {
    const std::string id = new_error_id();
    log::error("http.internal_error", {{"id", id}, {"what", what}});
    const TroubleRow& row = troubles[static_cast<std::size_t>(Trouble::internal_error)];
    return problem_answer(row.status, wire::problem({row.code, row.title, "error id " + id, row.advice}, row.status));
}

}  // namespace

int status_of(const Refusal& refusal) {
    if (refusal.code == RefusalCode::body_too_large) return 413;
    switch (class_of(refusal.code)) {
    case RefusalClass::malformed: return 400;
    case RefusalClass::unauthenticated: return 401;
    case RefusalClass::forbidden: return 403;
    case RefusalClass::unknown: return 404;
    case RefusalClass::conflict: return 409;
    case RefusalClass::rule: return 422;
    case RefusalClass::busy: return 429;
    case RefusalClass::unavailable: return 503;
    }
    return 500;
}

Answer answer_for(const Refusal& refusal, std::int64_t request) {
    const int status = status_of(refusal);
    boost::json::object problem = wire::problem(refusal, status);
    if (request > 0) problem["request"] = request;
    return problem_answer(status, std::move(problem));
}

Answer answer_for(Trouble trouble) {
    const TroubleRow& row = troubles[static_cast<std::size_t>(trouble)];
    return problem_answer(row.status, wire::problem({row.code, row.title, "", row.advice}, row.status));
}

Answer answer_for(const std::exception_ptr& error, const Explain& explain, std::int64_t request) {
    if (explain) {
        if (const auto refusal = explain(error)) return answer_for(*refusal, request);
    }
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& other) {
        return unexplained(other.what());
    } catch (...) {
        return unexplained("something that is no std::exception");
    }
}

}  // namespace stint::http
