// Time as the core sees it: an argument, never a call. Two clocks, because either may be wrong.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stint {

using Seconds = std::chrono::seconds;
/// Wall-clock time, UTC, in microseconds since 1970.
using Utc = std::chrono::sys_time<std::chrono::microseconds>;
/// CLOCK_BOOTTIME: runs on through a suspend, never steps, starts anew with each boot.
using BootTime = std::chrono::microseconds;

/// One reading of both clocks, taken once per command at the edge.
struct Now {
    Utc utc{};
    BootTime boot{};
    std::string boot_id;  ///< /proc/sys/kernel/random/boot_id
    /// It is this late at the least: the latest moment that was ever committed, and what has passed since the start. For
    /// deadlines of an earlier boot, which a clock that came up behind would stretch.
    Utc floor{};
};

/// A moment held by both clocks; the earlier of the two ends it (design: rules of time).
struct Deadline {
    Utc utc{};
    BootTime boot{};      ///< counts only while `boot_id` is the running one
    std::string boot_id;
    friend bool operator==(const Deadline&, const Deadline&) = default;
};

[[nodiscard]] Deadline deadline_after(const Now& now, Seconds length);
[[nodiscard]] bool has_passed(const Deadline& deadline, const Now& now);
/// How long until it passes by the nearer clock; zero or less when it has passed.
[[nodiscard]] std::chrono::microseconds time_left(const Deadline& deadline, const Now& now);

/// "90s", "30m", "2h", "1h30m", "3d"; at least one second, at most 366 days. nullopt when it is not one.
[[nodiscard]] std::optional<Seconds> parse_duration(std::string_view text);
/// The shortest of the forms above: "1h30m".
[[nodiscard]] std::string to_text(Seconds length);
/// RFC 3339 in UTC: "2026-11-22T23:42:08Z"; microseconds only when there are some.
[[nodiscard]] std::string to_rfc3339(Utc time);
/// RFC 3339 with any offset; nullopt when it is not one.
[[nodiscard]] std::optional<Utc> parse_rfc3339(std::string_view text);

}  // namespace stint
