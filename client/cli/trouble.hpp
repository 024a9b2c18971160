// Why the client stops before its work is done: what happened, why, what to do, a stable code and the exit status.
// Thrown where it is noticed, reported once, in main.
#pragma once

#include "client/cli/exit_code.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

namespace stint::cli {

struct Trouble : std::exception {
    Trouble(ExitCode exit_code, std::string code_name, std::string what_happened, std::string what_to_do = "")
        : exit(exit_code), code(std::move(code_name)), what_is_wrong(std::move(what_happened)), advice(std::move(what_to_do)) {}

    ExitCode exit;
    std::string code;                      ///< stable: a refusal's code, or one of the client's own
    std::string what_is_wrong, advice;     ///< may hold the broker's or the user's text: escape before printing
    std::string detail;
    std::optional<std::int64_t> request;
    int status = 0;                        ///< HTTP, 0 when the trouble is the client's own

    [[nodiscard]] const char* what() const noexcept override { return what_is_wrong.c_str(); }
};

/// A problem document (RFC 9457), or whatever stands in its place, as trouble.
[[nodiscard]] Trouble trouble_from(int status, const boost::json::object& problem);
/// The one object that `--json` prints when there is trouble.
[[nodiscard]] boost::json::object to_json(const Trouble& trouble);
/// The lines for a terminal, every text escaped.
[[nodiscard]] std::string lines_of(const Trouble& trouble);
/// A mistake in what was typed; exit 2.
[[nodiscard]] Trouble usage_trouble(std::string what_is_wrong, std::string advice = "");

}  // namespace stint::cli
