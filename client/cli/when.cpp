// mktime and localtime do the zone's arithmetic, daylight saving included.
#include "client/cli/when.hpp"

#include <array>
#include <ctime>

namespace stint::cli {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

std::tm local_parts(Utc time) {
    const std::time_t whole = floor<seconds>(time).time_since_epoch().count();
    std::tm parts{};
    ::localtime_r(&whole, &parts);
    return parts;
}

struct ClockTime {
    int hour, minute;
};

std::optional<ClockTime> parse_clock(std::string_view text) {
    const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
    const int hour = (text[0] - '0') * 10 + (text[1] - '0');
    const int minute = (text[3] - '0') * 10 + (text[4] - '0');
    if (hour > 23 || minute > 59) return std::nullopt;
    return ClockTime{hour, minute};
}

/// That time of the day `days` after today's.
std::optional<Utc> on_day(ClockTime clock, Utc now, int days) {
    std::tm parts = local_parts(now);
    parts.tm_mday += days;
    parts.tm_hour = clock.hour;
    parts.tm_min = clock.minute;
    parts.tm_sec = 0;
    parts.tm_isdst = -1;
    const std::time_t time = std::mktime(&parts);
    if (time == -1) return std::nullopt;
    return Utc{seconds{time}};
}

std::string formatted(const char* form, Utc time) {
    const std::tm parts = local_parts(time);
    std::array<char, 64> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), form, &parts);
    return {text.data(), length};
}

}  // namespace

std::optional<Utc> parse_start(std::string_view text, Utc now) {
    if (text.starts_with('+')) {
        const auto length = parse_duration(text.substr(1));
        return length ? std::optional<Utc>{now + *length} : std::nullopt;
    }
    if (const auto clock = parse_clock(text)) {
        const auto today = on_day(*clock, now, 0);
        return today && *today <= now ? on_day(*clock, now, 1) : today;
    }
    return parse_rfc3339(text);
}

std::optional<Utc> parse_search_time(std::string_view text, Utc now) {
    if (text.starts_with('-')) {
        const auto length = parse_duration(text.substr(1));
        return length ? std::optional<Utc>{now - *length} : std::nullopt;
    }
    if (const auto clock = parse_clock(text)) {
        const auto today = on_day(*clock, now, 0);
        return today && *today > now ? on_day(*clock, now, -1) : today;
    }
    return parse_start(text, now);
}

std::string local_text(Utc time) { return formatted("%Y-%m-%d %H:%M:%S %Z", time); }

std::string local_short(Utc time, Utc now) {
    const std::tm then = local_parts(time);
    const std::tm today = local_parts(now);
    const bool is_today = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
    return formatted(is_today ? "%H:%M %Z" : "%Y-%m-%d %H:%M %Z", time);
}

std::string left_text(Utc until, Utc now, bool is_coarse) {
    auto left = std::chrono::ceil<seconds>(until - now);
    if (left <= seconds{0}) return "0s";
    if (is_coarse && left > std::chrono::minutes{10}) left = std::chrono::ceil<std::chrono::minutes>(left);
    return to_text(Seconds{left});
}

Utc utc_now() { return floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

}  // namespace stint::cli
