// How every no leaves the door: one switch from refusal to status, one table for the door's own troubles, one place
// where an exception becomes an answer. Nothing of what was sent is ever repeated.
#pragma once

#include "core/refusal.hpp"
#include "http/exchange.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>

namespace stint::http {

/// Troubles of the transport, which no rule of the core has a name for.
enum class Trouble {
    bad_http,             ///< 400
    path_unknown,         ///< 404
    method_not_allowed,   ///< 405
    target_too_long,      ///< 414
    encoding_unknown,     ///< 415
    expectation_unknown,  ///< 417
    header_too_large,     ///< 431
    internal_error,       ///< 500
    took_too_long,        ///< 503
    stopping,             ///< 503
    no_policy,            ///< 503
    login_not_told,       ///< 503
    version_unknown,      ///< 505
};

/// Tells which refusal an exception of the service stands for; nullopt when it knows none.
using Explain = std::function<std::optional<Refusal>(const std::exception_ptr&)>;

[[nodiscard]] int status_of(const Refusal& refusal);
/// RFC 9457. `request` is the request the path named, 0 for none.
[[nodiscard]] Answer answer_for(const Refusal& refusal, std::int64_t request = 0);
[[nodiscard]] Answer answer_for(Trouble trouble);
/// A broken world. What nobody can explain is a 500 with an error id; its text goes to the log alone.
[[nodiscard]] Answer answer_for(const std::exception_ptr& error, const Explain& explain, std::int64_t request = 0);

}  // namespace stint::http
