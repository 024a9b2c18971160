// Places and buckets, with time as an argument; and how refusals become statuses.
#include "http/limits.hpp"
#include "http/problem.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace stint::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

TEST(Places, AreCountedByUidAndInAll) {
    Places places(3, 2);
    std::optional<Places::Place> first(places.take(1));
    const auto second = places.take(1);
    EXPECT_TRUE(*first);
    EXPECT_TRUE(second);
    EXPECT_FALSE(places.take(1)) << "two a uid";
    const auto third = places.take(2);
    EXPECT_TRUE(third);
    EXPECT_FALSE(places.take(3)) << "three in all";
    first.reset();
    EXPECT_EQ(places.taken(), 2u);
    EXPECT_TRUE(places.take(1));
    EXPECT_EQ(places.taken(), 2u) << "given back at once";
}

TEST(Rate, AMinutesWorthAtOnceThenOneByOne) {
    Rate rate(60);
    const Rate::Clock::time_point start{};
    for (int i = 0; i < 60; ++i) EXPECT_TRUE(rate.take("ada", start)) << i;
    EXPECT_FALSE(rate.take("ada", start));
    EXPECT_TRUE(rate.take("ben", start)) << "others are not in it";
    EXPECT_FALSE(rate.take("ada", start + 900ms));
    EXPECT_TRUE(rate.take("ada", start + 1100ms));
    EXPECT_FALSE(rate.take("ada", start + 1200ms));
    for (int i = 0; i < 60; ++i) EXPECT_TRUE(rate.take("ada", start + 1h)) << i;
    EXPECT_FALSE(rate.take("ada", start + 1h)) << "no more than a minute's worth is saved up";
}

TEST(Rate, ManyCallersFillNoMemory) {
    Rate rate(1);
    for (int i = 0; i < 20'000; ++i) EXPECT_TRUE(rate.take(std::to_string(i), {}));
    EXPECT_FALSE(rate.take("19999", {}));
}

TEST(Problem, EveryRefusalHasAStatusOfItsClass) {
    int codes = 0;
#define STINT_X(code, cls, what, advice)                                                        \
    {                                                                                           \
        const int status = status_of(Refusal{RefusalCode::code, ""});                           \
        EXPECT_TRUE(status >= 400 && status <= 503 && status != 500) << #code;                  \
        EXPECT_THAT(answer_for(Refusal{RefusalCode::code, ""}).body, HasSubstr("\"" #code "\"")); \
        ++codes;                                                                                \
    }
    STINT_REFUSALS(STINT_X)
#undef STINT_X
    EXPECT_GT(codes, 40);
    EXPECT_EQ(status_of({RefusalCode::malformed_request, ""}), 400);
    EXPECT_EQ(status_of({RefusalCode::text_too_long, ""}), 400);
    EXPECT_EQ(status_of({RefusalCode::body_too_large, ""}), 413);
    EXPECT_EQ(status_of({RefusalCode::caller_unknown, ""}), 401);
    EXPECT_EQ(status_of({RefusalCode::not_permitted, ""}), 403);
    EXPECT_EQ(status_of({RefusalCode::request_unknown, ""}), 404);
    EXPECT_EQ(status_of({RefusalCode::request_not_pending, ""}), 409);
    EXPECT_EQ(status_of({RefusalCode::ticket_closed, ""}), 422);
    EXPECT_EQ(status_of({RefusalCode::too_many_requests, ""}), 429);
    EXPECT_EQ(status_of({RefusalCode::directory_unreachable, ""}), 503);
    EXPECT_TRUE(answer_for(Refusal{RefusalCode::too_many_requests, ""}).retry_after);
    EXPECT_TRUE(answer_for(Refusal{RefusalCode::caller_unknown, ""}).must_close);
}

TEST(Problem, EveryTroubleStandsInItsOwnRow) {
    const std::pair<Trouble, int> rows[] = {{Trouble::bad_http, 400},          {Trouble::path_unknown, 404},        {Trouble::method_not_allowed, 405},
                                            {Trouble::target_too_long, 414},   {Trouble::encoding_unknown, 415},    {Trouble::expectation_unknown, 417},
                                            {Trouble::header_too_large, 431},  {Trouble::internal_error, 500},      {Trouble::took_too_long, 503},
                                            {Trouble::stopping, 503},          {Trouble::version_unknown, 505}};
    for (const auto& [trouble, status] : rows) EXPECT_EQ(answer_for(trouble).status, status);
}

TEST(Problem, AnExceptionSaysNothingOfItsText) {
    const auto canary = std::make_exception_ptr(std::runtime_error("canary"));
    const Answer generic = answer_for(canary, {});
    EXPECT_EQ(generic.status, 500);
    EXPECT_THAT(generic.body, Not(HasSubstr("canary")));
    EXPECT_THAT(generic.body, HasSubstr("error id "));
    const Answer explained = answer_for(canary, [](const std::exception_ptr&) { return Refusal{RefusalCode::store_unavailable, ""}; }, 17);
    EXPECT_EQ(explained.status, 503);
    EXPECT_THAT(explained.body, HasSubstr("\"request\":17"));
    EXPECT_EQ(answer_for(std::make_exception_ptr(7), {}).status, 500);
}

}  // namespace
}  // namespace stint::http
