// Times and durations as people type and read them: local time with its zone on the terminal, UTC in JSON.
// The only file that knows the local time zone. `now` is passed in.
#pragma once

#include "core/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace stint::cli {

/// A moment to come: RFC 3339, `HH:MM` (the next such local time) or `+30m`. nullopt when it is none of them.
[[nodiscard]] std::optional<Utc> parse_start(std::string_view text, Utc now);
/// A moment in a search: RFC 3339, `HH:MM` (the last such local time), `-30m` (so long ago) or `+30m`.
[[nodiscard]] std::optional<Utc> parse_search_time(std::string_view text, Utc now);

/// "2026-11-23 00:42:08 CET"
[[nodiscard]] std::string local_text(Utc time);
/// "00:42 CET", with the date in front when it is not today's.
[[nodiscard]] std::string local_short(Utc time, Utc now);
/// "3h59m", whole seconds, "0s" when it has passed. `is_coarse` leaves the seconds out above ten minutes.
[[nodiscard]] std::string left_text(Utc until, Utc now, bool is_coarse = false);

[[nodiscard]] Utc utc_now();

}  // namespace stint::cli
