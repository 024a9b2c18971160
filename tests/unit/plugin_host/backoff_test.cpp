// The delays between restarts.
#include "plugin_host/backoff.hpp"

#include <gtest/gtest.h>

namespace stint::plugin_host {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, doubles_up_to_its_limit) {
    Backoff backoff(100ms, 30s);
    for (const auto expected : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30000ms, 30000ms}) {
        const auto delay = backoff.next(0.5);
        EXPECT_GE(delay, expected - 1ms);
        EXPECT_LE(delay, expected);
    }
}

TEST(Backoff, stays_within_its_jitter_and_its_limit) {
    Backoff shorter(1000ms, 30s), longer(1000ms, 30s);
    EXPECT_EQ(shorter.next(0.0), 800ms);
    EXPECT_LE(longer.next(0.999999), 1200ms);
    EXPECT_GT(Backoff(1000ms, 30s).next(0.9), 1100ms);
    for (int times = 0; times < 100; ++times) EXPECT_LE(longer.next(1.0), 30s);
    for (int times = 0; times < 100; ++times) EXPECT_GE(shorter.next(0.0), 800ms);
    EXPECT_EQ(shorter.next(0.0), 24s);
}

TEST(Backoff, starts_anew) {
    Backoff backoff(100ms, 30s);
    for (int times = 0; times < 5; ++times) static_cast<void>(backoff.next(0.5));
    backoff.reset();
    EXPECT_LE(backoff.next(0.5), 100ms);
}

}  // namespace
}  // namespace stint::plugin_host
