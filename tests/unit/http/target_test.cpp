// Targets, numbers, parameters and the route table.
#include "http/routes.hpp"
#include "http/target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace stint::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Target, IsTakenApart) {
    const auto target = parse_target("/v1/audit?person=a%20b&ticket=x+y&empty=&bare");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, (std::vector<std::string>{"v1", "audit"}));
    using Pair = std::pair<std::string, std::string>;
    EXPECT_EQ(target->query, (std::vector<Pair>{{"person", "a b"}, {"ticket", "x y"}, {"empty", ""}, {"bare", ""}}));
}

TEST(Target, WhatIsUnclearIsRefused) {
    for (const auto* text : {"/v1/%77hoami", "/v1/..%2f", "/a\\b", "/a#b", "/a?x=%", "/a?x=%1", "/a?x=%zz", "/a?x=1&x=2", "/a?x=1&%78=2", "v1", ""})
        EXPECT_FALSE(parse_target(text)) << text;
}

TEST(Target, NumbersHaveOneSpelling) {
    EXPECT_EQ(parse_number("1"), 1);
    EXPECT_EQ(parse_number("9223372036854775807"), 9223372036854775807);
    for (const auto* text : {"", "0", "01", "+1", "-1", " 1", "1 ", "0x1", "1.0", "9223372036854775808", "99999999999999999999", "1e3", "١"})
        EXPECT_FALSE(parse_number(text)) << text;
}

std::optional<Refusal> search_refusal(std::string_view text) {
    const auto target = parse_target(text);
    if (!target) return Refusal{RefusalCode::malformed_request, "target"};
    QueryReader query(*target);
    std::string person;
    std::optional<Utc> since;
    int limit = 100;
    ListFilter filter = ListFilter::mine;
    std::optional<RequestId> before;
    query.text("person", person);
    query.time("since", since);
    query.limit("limit", limit, 500);
    query.filter("filter", filter);
    query.number("before", before);
    return query.finish();
}

TEST(Query, IsReadStrictly) {
    EXPECT_FALSE(search_refusal("/a"));
    EXPECT_FALSE(search_refusal("/a?person=ada&since=2026-11-22T23:42:08Z&limit=500&filter=due&before=7"));
    const auto code = [](std::string_view text) { return search_refusal(text).value().code; };
    EXPECT_EQ(code("/a?limit=501"), RefusalCode::malformed_request);
    EXPECT_EQ(code("/a?limit=0"), RefusalCode::malformed_request);
    EXPECT_EQ(code("/a?limit="), RefusalCode::malformed_request);
    EXPECT_EQ(code("/a?since=yesterday"), RefusalCode::malformed_request);
    EXPECT_EQ(code("/a?filter=ours"), RefusalCode::malformed_request);
    EXPECT_EQ(code("/a?before=-1"), RefusalCode::malformed_request);
    EXPECT_EQ(code("/a?persona=x"), RefusalCode::unknown_field);
    EXPECT_EQ(code("/a?person=%1b%5B2J"), RefusalCode::text_not_allowed);
    EXPECT_EQ(code("/a?person=%ff"), RefusalCode::text_not_allowed);
    EXPECT_EQ(code("/a?person=%E2%80%AE"), RefusalCode::text_not_allowed);
    EXPECT_EQ(code("/a?person=" + std::string(201, 'x')), RefusalCode::text_too_long);
    EXPECT_THAT(search_refusal("/a?canary=1")->detail, Not(HasSubstr("canary")));
}

int status_of_route(Verb verb, std::string_view path) {
    const auto found = find_route(verb, parse_target(path).value());
    return std::holds_alternative<Match>(found) ? 0 : std::get<Answer>(found).status;
}
std::string body_of_route(Verb verb, std::string_view path) { return std::get<Answer>(find_route(verb, parse_target(path).value())).body; }

TEST(Routes, EachRowIsFoundByItsVerbAndPathAlone) {
    std::set<std::pair<Verb, std::string>> rows;
    for (const Route& route : routes()) {
        EXPECT_TRUE(rows.emplace(route.verb, std::string(route.pattern)).second) << route.pattern << " twice";
        EXPECT_EQ(route.handler == nullptr, route.part != Part::answer) << route.pattern;
        EXPECT_NE(route.verb, Verb::head);
        std::string path(route.pattern);
        if (const auto at = path.find("{id}"); at != std::string::npos) path.replace(at, 4, "42");
        const auto found = find_route(route.verb, parse_target(path).value());
        ASSERT_TRUE(std::holds_alternative<Match>(found)) << path;
        EXPECT_EQ(std::get<Match>(found).route->pattern, route.pattern);
        EXPECT_EQ(std::get<Match>(found).id, path == route.pattern ? 0 : 42);
        EXPECT_EQ(status_of_route(Verb::other, path), 405);
        EXPECT_EQ(status_of_route(route.verb, path + "/x") == 0, false) << path;
        EXPECT_EQ(status_of_route(route.verb, path + "/") == 0, false) << path;
    }
}

/// GET and HEAD never change anything: the verbs that do are POST alone.
TEST(Routes, WhatChangesStateIsPost) {
    for (const Route& route : routes()) {
        const std::string_view last = route.pattern.substr(route.pattern.rfind('/') + 1);
        const std::set<std::string_view> changing{"approve", "deny", "cancel", "extend", "release", "revoke", "break-glass"};
        if (changing.contains(last)) {
            EXPECT_EQ(route.verb, Verb::post) << route.pattern;
        }
        if (route.verb == Verb::post) {
            EXPECT_EQ(route.attested, Attested::yes) << route.pattern;
        }
        if (route.attested == Attested::no) {
            EXPECT_FALSE(route.pattern.starts_with("/v1")) << route.pattern;
        }
    }
}

TEST(Routes, EveryOtherPathSaysWhy) {
    EXPECT_EQ(status_of_route(Verb::head, "/v1/whoami"), 0);
    EXPECT_EQ(status_of_route(Verb::post, "/v1/whoami"), 405);
    EXPECT_EQ(std::get<Answer>(find_route(Verb::other, parse_target("/v1/requests").value())).allow, "GET, HEAD, POST");
    EXPECT_EQ(status_of_route(Verb::get, "/nowhere"), 404);
    EXPECT_THAT(body_of_route(Verb::get, "/nowhere"), HasSubstr("path_unknown"));
    for (const auto* path : {"/v1/people/ada/contain", "/v1/people/ada/uncontain", "/v1/access-reviews", "/v1/access-reviews/1/close", "/v1/report",
                             "/v1/audit/export", "/v1/audit/checkpoint", "/r/17"})
        EXPECT_THAT(body_of_route(Verb::get, path), HasSubstr("not_there_yet")) << path;
    EXPECT_THAT(body_of_route(Verb::get, "/v1/requests/0"), HasSubstr("request_unknown"));
    EXPECT_THAT(body_of_route(Verb::get, "/v1/requests/99999999999999999999"), HasSubstr("request_unknown"));
    EXPECT_THAT(body_of_route(Verb::get, "/v1/audit/0"), HasSubstr("event_unknown"));
    EXPECT_THAT(body_of_route(Verb::get, "/v1/audit/99999999999999999999"), HasSubstr("event_unknown"));
    EXPECT_EQ(status_of_route(Verb::get, "/"), 404);
    EXPECT_EQ(status_of_route(Verb::get, "//v1/whoami"), 404);
    EXPECT_EQ(status_of_route(Verb::get, "/V1/whoami"), 404);
}

}  // namespace
}  // namespace stint::http
