// Deadlines by two clocks, and the two written forms of time. Pure, and safe against every overflow:
// a sum that does not fit stays at the end of the scale, it never wraps into the past.
#include "core/time.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

namespace stint {
namespace {

using Micros = std::chrono::microseconds;
using std::chrono::days;

constexpr Seconds longest_duration = days{366};
// What RFC 3339 can write: four digits of year.
constexpr Utc first_writable = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr Utc last_writable = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - Micros{1};

constexpr std::int64_t saturating_add(std::int64_t left, std::int64_t right) {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(left, right, &sum)) return sum;
    return right > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

constexpr std::int64_t saturating_subtract(std::int64_t left, std::int64_t right) {
    std::int64_t difference = 0;
    if (!__builtin_sub_overflow(left, right, &difference)) return difference;
    return right < 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

constexpr std::int64_t saturating_micros(Seconds length) {
    std::int64_t micros = 0;
    if (!__builtin_mul_overflow(std::int64_t{length.count()}, std::int64_t{1'000'000}, &micros)) return micros;
    return length.count() > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

/// The boot clock counts only within the boot that set the deadline; an empty id names no boot.
bool has_same_boot(const Deadline& deadline, const Now& now) {
    return !deadline.boot_id.empty() && deadline.boot_id == now.boot_id;
}

/// Takes exactly `count` digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char wanted, char or_this) {
    if (text.empty() || (text.front() != wanted && text.front() != or_this)) return false;
    text.remove_prefix(1);
    return true;
}

bool take(std::string_view& text, char wanted) { return take(text, wanted, wanted); }

/// full-date of RFC 3339, section 5.6.
std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    const auto year = take_digits(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_digits(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_digits(text, 2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days{date};
}

/// time-secfrac without its dot: what is finer than a microsecond is cut off.
std::optional<Micros> take_fraction(std::string_view& text) {
    std::int64_t micros = 0;
    std::int64_t unit = 100'000;
    std::size_t count = 0;
    for (; count < text.size() && text[count] >= '0' && text[count] <= '9'; ++count, unit /= 10)
        micros += (text[count] - '0') * unit;
    if (count == 0) return std::nullopt;
    text.remove_prefix(count);
    return Micros{micros};
}

/// partial-time of RFC 3339. A leap second (":60") is refused: this clock has none.
std::optional<Micros> take_time(std::string_view& text) {
    const auto hour = take_digits(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
    const auto second = take_digits(text, 2);
    if (!second || *second > 59) return std::nullopt;
    Micros time = std::chrono::hours{*hour} + std::chrono::minutes{*minute} + Seconds{*second};
    if (take(text, '.')) {
        const auto fraction = take_fraction(text);
        if (!fraction) return std::nullopt;
        time += *fraction;
    }
    return time;
}

/// time-offset of RFC 3339: what has to be taken away to be in UTC.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (take(text, 'Z', 'z')) return std::chrono::minutes{0};
    const bool is_east = !text.empty() && text.front() == '+';
    if (!take(text, '+', '-')) return std::nullopt;
    const auto hour = take_digits(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || *minute > 59) return std::nullopt;
    const auto offset = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
    return is_east ? offset : -offset;
}

struct Unit {
    char letter;
    std::uint64_t seconds;
};
constexpr std::array<Unit, 4> units{{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};

}  // namespace

Deadline deadline_after(const Now& now, Seconds length) {
    const std::int64_t micros = saturating_micros(length);
    return {Utc{Micros{saturating_add(now.utc.time_since_epoch().count(), micros)}},
            BootTime{saturating_add(now.boot.count(), micros)}, now.boot_id};
}

bool has_passed(const Deadline& deadline, const Now& now) {
    if (has_same_boot(deadline, now)) return now.utc >= deadline.utc || now.boot >= deadline.boot;
    return std::max(now.utc, now.floor) >= deadline.utc;
}

std::chrono::microseconds time_left(const Deadline& deadline, const Now& now) {
    const bool is_of_this_boot = has_same_boot(deadline, now);
    const Utc utc = is_of_this_boot ? now.utc : std::max(now.utc, now.floor);
    const Micros by_utc{saturating_subtract(deadline.utc.time_since_epoch().count(), utc.time_since_epoch().count())};
    if (!is_of_this_boot) return by_utc;
    return std::min(by_utc, Micros{saturating_subtract(deadline.boot.count(), now.boot.count())});
}

std::optional<Seconds> parse_duration(std::string_view text) {
    // The longest there is ("366d23h59m59s") has 13 characters; 32 leaves room for leading zeros.
    if (text.empty() || text.size() > 32) return std::nullopt;
    const auto limit = static_cast<std::uint64_t>(longest_duration.count());
    std::uint64_t total = 0;
    auto unit = units.begin();  // each at most once, the larger first
    while (!text.empty()) {
        std::uint64_t number = 0;
        std::size_t digits = 0;
        for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
            number = number * 10 + static_cast<std::uint64_t>(text[digits] - '0');
            if (number > limit) return std::nullopt;
        }
        if (digits == 0 || digits == text.size()) return std::nullopt;
        const char letter = text[digits];
        unit = std::find_if(unit, units.end(), [letter](const Unit& one) { return one.letter == letter; });
        if (unit == units.end()) return std::nullopt;
        total += number * unit->seconds;
        if (total > limit) return std::nullopt;
        ++unit;
        text.remove_prefix(digits + 1);
    }
    if (total == 0) return std::nullopt;
    return Seconds{static_cast<std::int64_t>(total)};
}

std::string to_text(Seconds length) {
    if (length.count() == 0) return "0s";
    std::string text;
    // The magnitude as unsigned: the smallest number has no positive twin.
    auto rest = static_cast<std::uint64_t>(length.count());
    if (length.count() < 0) {
        text.push_back('-');
        rest = 0 - rest;
    }
    for (const Unit& unit : units) {
        if (rest >= unit.seconds) text += std::to_string(rest / unit.seconds) + unit.letter;
        rest %= unit.seconds;
    }
    return text;
}

/// A time that four digits of year cannot write is shown as the nearest one that they can.
std::string to_rfc3339(Utc time) {
    time = std::clamp(time, first_writable, last_writable);
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss<Micros> clock{time - day};
    std::array<char, 40> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    std::string text = buffer.data();
    if (clock.subseconds() != Micros{0}) {
        std::snprintf(buffer.data(), buffer.size(), ".%06d", static_cast<int>(clock.subseconds().count()));
        text += buffer.data();
    }
    return text + "Z";
}

std::optional<Utc> parse_rfc3339(std::string_view text) {
    if (text.size() > 64) return std::nullopt;
    const auto date = take_date(text);
    if (!date || !take(text, 'T', 't')) return std::nullopt;
    const auto time = take_time(text);
    if (!time) return std::nullopt;
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    const Utc utc = Utc{*date} + *time - *offset;
    // The offset may lead out of the years that can be written; such a time could not be told again.
    if (utc < first_writable || utc > last_writable) return std::nullopt;
    return utc;
}

}  // namespace stint
