// The tables behind the exit status. A state or a code that a newer broker invented is never taken for a success.
#include "client/cli/exit_code.hpp"

#include "core/refusal.hpp"

#include <array>
#include <utility>

namespace stint::cli {
namespace {

std::optional<RefusalCode> refusal_named(std::string_view name) {
    static constexpr std::array codes{
#define STINT_X(code, cls, what, advice) RefusalCode::code,
        STINT_REFUSALS(STINT_X)
#undef STINT_X
    };
    for (const RefusalCode code : codes) {
        if (to_text(code) == name) return code;
    }
    return std::nullopt;
}

ExitCode exit_of_class(RefusalClass kind) {
    switch (kind) {
    case RefusalClass::malformed: return ExitCode::usage;
    case RefusalClass::unauthenticated: return ExitCode::sign_in;
    case RefusalClass::forbidden:
    case RefusalClass::unknown:
    case RefusalClass::conflict:
    case RefusalClass::rule:
    case RefusalClass::busy:
    case RefusalClass::unavailable: return ExitCode::refused;
    }
    return ExitCode::unexpected;
}

ExitCode exit_of_ended_grant(std::string_view reason) {
    if (reason == "expired") return ExitCode::lapsed;
    if (reason == "failed") return ExitCode::refused;
    return ExitCode::denied;
}

}  // namespace

std::optional<ExitCode> exit_of(const RequestView& request) {
    const std::string_view state = request.state;
    if (state == "denied" || state == "cancelled") return ExitCode::denied;
    if (state == "lapsed") return ExitCode::lapsed;
    if (state == "refused" || state == "failed") return ExitCode::refused;
    if (request.kind == "extension") {
        // An extension opens nothing of its own: past its approval the grant is longer.
        if (state == "pending" || state == "approved") return std::nullopt;
        return ExitCode::done;
    }
    if (state == "ready") return ExitCode::done;
    if (state == "closing" || state == "closed") return exit_of_ended_grant(request.close_reason);
    return std::nullopt;
}

ExitCode exit_of_problem(std::string_view code, int status) {
    if (const auto known = refusal_named(code)) return exit_of_class(class_of(*known));
    if (status == 400 || status == 413 || status == 415 || status == 431) return ExitCode::usage;
    if (status == 401) return ExitCode::sign_in;
    if (status >= 400 && status < 500) return ExitCode::refused;
    if (status == 502 || status == 503 || status == 504) return code.empty() ? ExitCode::unreachable : ExitCode::refused;
    return ExitCode::unexpected;
}

ExitCode exit_of_run(ExitCode exit) {
    switch (exit) {
    case ExitCode::lapsed:
    case ExitCode::run_timeout: return ExitCode::run_timeout;
    case ExitCode::run_cannot_execute:
    case ExitCode::run_not_found:
    case ExitCode::interrupted: return exit;
    case ExitCode::done:
    case ExitCode::unexpected:
    case ExitCode::usage:
    case ExitCode::denied:
    case ExitCode::sign_in:
    case ExitCode::refused:
    case ExitCode::unreachable:
    case ExitCode::pending:
    case ExitCode::run_trouble: return ExitCode::run_trouble;
    }
    return ExitCode::run_trouble;
}

}  // namespace stint::cli
