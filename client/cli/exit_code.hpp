// What the client's exit status means (contract: "The client"), and how an answer becomes one.
// Knows states and refusals by name; prints nothing.
#pragma once

#include "core/view.hpp"

#include <optional>
#include <string_view>

namespace stint::cli {

enum class ExitCode : int {
    done = 0,
    unexpected = 1,
    usage = 2,
    denied = 3,              ///< denied, revoked, or taken back by somebody
    sign_in = 4,
    lapsed = 5,
    refused = 6,             ///< a rule forbids it, or what was named is not known; nothing changed
    unreachable = 7,
    pending = 8,
    run_timeout = 124,       ///< 124 to 127 as timeout(1) and sh(1) use them
    run_trouble = 125,
    run_cannot_execute = 126,
    run_not_found = 127,
    interrupted = 130,
};

/// The status of a request that was waited for; nothing while the answer is still open.
[[nodiscard]] std::optional<ExitCode> exit_of(const RequestView& request);

/// The status of a refusal: by its code where that is known, else by the HTTP status.
[[nodiscard]] ExitCode exit_of_problem(std::string_view code, int status);

/// The same trouble as `stint run` reports it.
[[nodiscard]] ExitCode exit_of_run(ExitCode exit);

}  // namespace stint::cli
