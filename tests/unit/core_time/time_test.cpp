// Deadlines by two clocks, and the written forms of durations and times.
#include "core/time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>

using namespace stint;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

Utc utc(std::string_view text) { return parse_rfc3339(text).value(); }
Now at(std::string_view text, BootTime boot, std::string boot_id = "boot-1") { return {utc(text), boot, std::move(boot_id)}; }

}  // namespace

TEST(Deadline, EndsByEitherClock) {
    const Now start = at("2026-11-22T10:00:00Z", 100s);
    const Deadline end = deadline_after(start, 60s);
    EXPECT_FALSE(has_passed(end, start));
    EXPECT_FALSE(has_passed(end, at("2026-11-22T10:00:59.999999Z", 159s)));
    EXPECT_TRUE(has_passed(end, at("2026-11-22T10:01:00Z", 100s)));   // the wall clock was set forward
    EXPECT_TRUE(has_passed(end, at("2026-11-22T09:00:00Z", 160s)));   // it was set back: no grant gets longer
    EXPECT_FALSE(has_passed(end, at("2026-11-22T09:00:00Z", 160s - 1us)));
}

TEST(Deadline, BootClockCountsInItsOwnBootOnly) {
    const Deadline end = deadline_after(at("2026-11-22T10:00:00Z", 100s), 60s);
    EXPECT_FALSE(has_passed(end, at("2026-11-22T10:00:30Z", 9999s, "boot-2")));
    EXPECT_EQ(time_left(end, at("2026-11-22T10:00:30Z", 9999s, "boot-2")), 30s);
    EXPECT_TRUE(has_passed(end, at("2026-11-22T10:01:00Z", 1s, "boot-2")));
}

TEST(Deadline, WithoutBootIdHasOneClock) {
    const Deadline end{utc("2026-11-22T10:01:00Z"), BootTime{}, ""};
    EXPECT_FALSE(has_passed(end, at("2026-11-22T10:00:00Z", 5s, "")));
    EXPECT_EQ(time_left(end, at("2026-11-22T10:00:00Z", 5s, "")), 60s);
}

TEST(Deadline, TimeLeftIsByTheNearerClock) {
    const Deadline end = deadline_after(at("2026-11-22T10:00:00Z", 100s), 60s);
    EXPECT_EQ(time_left(end, at("2026-11-22T10:00:10Z", 105s)), 50s);
    EXPECT_EQ(time_left(end, at("2026-11-22T10:00:10Z", 140s)), 20s);
    EXPECT_EQ(time_left(end, at("2026-11-22T10:02:00Z", 140s)), -60s);
}

TEST(Deadline, SaturatesInsteadOfWrapping) {
    const Now now = at("2026-11-22T10:00:00Z", 100s);
    const Deadline far = deadline_after(now, Seconds{highest});
    EXPECT_EQ(far.utc.time_since_epoch().count(), highest);
    EXPECT_FALSE(has_passed(far, now));
    EXPECT_GT(time_left(far, now), 0us);
    EXPECT_TRUE(has_passed(deadline_after(now, Seconds{lowest}), now));
    const Now late{Utc{Utc::duration{highest}}, BootTime{highest}, "boot-1"};
    EXPECT_EQ(deadline_after(late, 1s).boot.count(), highest);
    EXPECT_EQ(time_left(Deadline{Utc{Utc::duration{lowest}}, BootTime{lowest}, "boot-1"}, late).count(), lowest);
    EXPECT_EQ(time_left(Deadline{late.utc, late.boot, "boot-1"}, Now{Utc{Utc::duration{lowest}}, BootTime{lowest}, "boot-1"}).count(), highest);
}

TEST(Deadline, HasPassedExactlyWhenNoTimeIsLeft) {
    EXPECT_TRUE(rc::check("has_passed == (time_left <= 0)", [](std::int64_t utc_at, std::int64_t boot_at, std::int64_t utc_now, std::int64_t boot_now, bool is_same_boot) {
        const Deadline deadline{Utc{Utc::duration{utc_at}}, BootTime{boot_at}, "a"};
        const Now now{Utc{Utc::duration{utc_now}}, BootTime{boot_now}, is_same_boot ? "a" : "b"};
        RC_ASSERT(has_passed(deadline, now) == (time_left(deadline, now) <= 0us));
    }));
}

TEST(Duration, IsRead) {
    EXPECT_EQ(parse_duration("90s"), 90s);
    EXPECT_EQ(parse_duration("30m"), 30min);
    EXPECT_EQ(parse_duration("2h"), 2h);
    EXPECT_EQ(parse_duration("1h30m"), 90min);
    EXPECT_EQ(parse_duration("3d"), 72h);
    EXPECT_EQ(parse_duration("1d2h3m4s"), 26h + 3min + 4s);
    EXPECT_EQ(parse_duration("1s"), 1s);
    EXPECT_EQ(parse_duration("366d"), 366 * 24h);
    EXPECT_EQ(parse_duration("0h5m"), 5min);
}

TEST(Duration, IsRefused) {
    for (const char* text : {"", "0s", "0", "5", "h", "m30", "30 m", " 30m", "30m ", "-5m", "+5m", "1.5h", "30M", "30min", "30m1h", "1h1h",
                             "1h30", "367d", "366d1s", "99999999999999999999s", "18446744073709551617s", "9223372036854775808d",
                             "00000000000000000000000000000001s0", "1h30m\n", "१h"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_duration(std::string_view("1s\0", 3)), std::nullopt);
    EXPECT_EQ(parse_duration(std::string(1 << 20, '1') + "s"), std::nullopt);
}

TEST(Duration, IsWritten) {
    EXPECT_EQ(to_text(90min), "1h30m");
    EXPECT_EQ(to_text(90s), "1m30s");
    EXPECT_EQ(to_text(24h), "1d");
    EXPECT_EQ(to_text(25h + 1s), "1d1h1s");
    EXPECT_EQ(to_text(0s), "0s");
    EXPECT_EQ(to_text(-30s), "-30s");
    EXPECT_EQ(to_text(Seconds{lowest}), "-106751991167300d15h30m8s");
}

TEST(Duration, ComesBackFromItsText) {
    EXPECT_TRUE(rc::check("parse(to_text(x)) == x", [] {
        const Seconds length{*rc::gen::inRange<std::int64_t>(1, 366 * 86400 + 1)};
        RC_ASSERT(parse_duration(to_text(length)) == length);
    }));
}

TEST(Rfc3339, IsRead) {
    EXPECT_EQ(utc("1970-01-01T00:00:00Z").time_since_epoch(), 0s);
    EXPECT_EQ(utc("2026-11-22T23:42:08Z").time_since_epoch(), 1795390928s);
    EXPECT_EQ(utc("2026-11-23T01:12:08+01:30"), utc("2026-11-22T23:42:08Z"));
    EXPECT_EQ(utc("2026-11-22T18:42:08-05:00"), utc("2026-11-22t23:42:08z"));
    EXPECT_EQ(utc("2026-11-22T23:42:08-00:00"), utc("2026-11-22T23:42:08Z"));
    EXPECT_EQ(utc("1970-01-01T00:00:00.5Z").time_since_epoch(), 500ms);
    EXPECT_EQ(utc("1970-01-01T00:00:00.123456789Z").time_since_epoch(), 123456us);
    EXPECT_EQ(utc("1969-12-31T23:59:59.999999Z").time_since_epoch(), -1us);
    EXPECT_EQ(utc("2024-02-29T00:00:00Z") - utc("2024-02-28T00:00:00Z"), 24h);
}

TEST(Rfc3339, IsRefused) {
    for (const char* text :
         {"", "2026-11-22", "2026-11-22T23:42:08", "2026-11-22 23:42:08Z", "2026-11-22T23:42Z", "2026-11-22T23:42:60Z", "2026-12-31T23:59:60Z",
          "2026-11-22T24:00:00Z", "2026-11-22T23:60:00Z", "2026-00-22T23:42:08Z", "2026-13-22T23:42:08Z", "2026-11-00T23:42:08Z", "2026-11-31T23:42:08Z",
          "2025-02-29T00:00:00Z", "2026-11-22T23:42:08.Z", "2026-11-22T23:42:08,5Z", "2026-11-22T23:42:08+0130", "2026-11-22T23:42:08+01", "2026-11-22T23:42:08+24:00",
          "2026-11-22T23:42:08+01:60", "2026-11-22T23:42:08ZZ", " 2026-11-22T23:42:08Z", "2026-11-22T23:42:08Z ", "26-11-22T23:42:08Z", "+2026-11-22T23:42:08Z",
          "12026-11-22T23:42:08Z", "2026-1-22T23:42:08Z", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"}) {
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_rfc3339("2026-11-22T23:42:08." + std::string(100, '1') + "Z"), std::nullopt);
}

TEST(Rfc3339, IsWritten) {
    EXPECT_EQ(to_rfc3339(Utc{}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(Utc{1us}), "1970-01-01T00:00:00.000001Z");
    EXPECT_EQ(to_rfc3339(Utc{-1us}), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_rfc3339(Utc{Utc::duration{highest}}), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_rfc3339(Utc{Utc::duration{lowest}}), "0000-01-01T00:00:00Z");
}

TEST(Rfc3339, ComesBackFromItsText) {
    EXPECT_TRUE(rc::check("parse(to_rfc3339(x)) == x", [] {
        const Utc time{Utc::duration{*rc::gen::inRange<std::int64_t>(-62167219200'000'000, 253402300800'000'000)}};
        RC_ASSERT(parse_rfc3339(to_rfc3339(time)) == time);
    }));
}
