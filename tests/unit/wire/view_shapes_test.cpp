// Views in JSON: what the broker writes the client reads back unchanged, and a newer broker is understood.
#include "wire/json.hpp"
#include "wire/shapes.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace stint::wire {
namespace {

Utc at(int seconds) { return Utc(std::chrono::seconds(1'800'000'000 + seconds)); }

RequestView full_request() {
    RequestView view;
    view.id = RequestId{17};
    view.kind = "break_glass";
    view.state = "closing";
    view.is_scheduled = view.is_stuck = view.is_overdue = true;
    view.entitlement = "ehr";
    view.title = "Reset";
    view.risk = "medium";
    view.requester = {"ada", "Ada Osei"};
    view.ticket = "INC1";
    view.reason = "Zürich";
    view.impact = "i";
    view.action = "a";
    view.affected = "f";
    view.verified = {"callback"};
    view.duration = Seconds(1800);
    int second = 0;
    for (auto* time : {&view.start_at, &view.lapses_at, &view.approved_at, &view.opened_at, &view.active_at, &view.ready_at, &view.expires_at,
                       &view.closing_at, &view.closed_at, &view.ended_at})
        *time = at(++second);
    view.created_at = at(0) + std::chrono::microseconds(1);
    view.close_reason = "expired";
    view.refusal = "group_refused";
    view.extends = RequestId{16};
    view.stages = {{1, 2, 1, {"owners"}, true, 3}};
    view.approvals = {{1, {"ben", "Ben"}, false, at(2), "no", Seconds(60)}};
    view.memberships = {{"cn=ehr", "ldap1", at(1), at(2), at(3), at(4), at(5), "busy", true, 3}};
    view.review = ReviewView{"due", at(9), PersonView{"cy", "Cy"}, at(10), "c", "I1", {"privacy"}};
    view.preview = PreviewView{Utc(std::chrono::seconds(1'800'000'000)), {"seen", "open", "ada"}, {{"ticket", "INC0001 is open, assigned to ada"}}};
    view.policy_hash = "ab";
    view.may = {"release", "extend"};
    return view;
}

TEST(ViewShapes, ARequestSurvivesTheTrip) {
    const auto json = to_json(full_request());
    EXPECT_EQ(json.at("schema_version"), 1);
    EXPECT_EQ(json.at("stuck"), true);
    EXPECT_EQ(json.at("duration"), "30m");
    EXPECT_EQ(to_json(request_from(parse_json(boost::json::serialize(json)).as_object())), json);
}

TEST(ViewShapes, WhatIsAbsentIsLeftOut) {
    RequestView view = full_request();
    view.review.reset();
    view.closed_at.reset();
    const auto json = to_json(view);
    EXPECT_FALSE(json.contains("review"));
    EXPECT_FALSE(json.contains("closed_at"));
    EXPECT_FALSE(request_from(json).review.has_value());
}

TEST(ViewShapes, TheOthersSurviveTheTrip) {
    const WhoamiView who{{"ada", "Ada"}, "uuid", {"auditor"}, {"helpdesk"}, PersonView{"root", ""}};
    EXPECT_EQ(to_json(whoami_from(to_json(who))), to_json(who));
    const EntitlementView entitlement{"ehr", "Reset", "low", "write", {"g"}, Seconds(60), Seconds(120), true, {"callback"}, 2, true, false, Seconds(30)};
    EXPECT_EQ(to_json(entitlement_from(to_json(entitlement))), to_json(entitlement));
    EXPECT_EQ(entitlement_from(to_json(entitlement)).max, Seconds(120));
    const FindingView finding{FindingId{3}, "standing_member", at(1), at(2), RequestId{1}, "g", PersonView{"ada", "Ada"}, "text"};
    EXPECT_EQ(to_json(finding_from(to_json(finding))), to_json(finding));
    const EventView event{EventSeq{9}, at(1), "request.filed", RequestId{1}, PersonView{"ada", "Ada"}, "ehr", "INC1", "{\"x\":1}", {{"reason", "r"}}};
    EXPECT_EQ(to_json(event_from(to_json(event))), to_json(event));
    EXPECT_EQ(event_from(to_json(event)).entry, "{\"x\":1}");
}

TEST(ViewShapes, AnOlderClientUnderstandsANewerBroker) {
    auto json = to_json(full_request());
    json["brand_new"] = boost::json::object{{"x", 1}};
    json["stages"].as_array()[0].as_object()["brand_new"] = 1;
    EXPECT_EQ(to_json(request_from(json)), to_json(full_request()));
}

/// Every field, taken away or turned into something else, is either optional or noticed; nothing is made up.
TEST(ViewShapes, AWrongShapeIsAnExceptionAndNothingElse) {
    const auto good = to_json(full_request());
    for (const auto& [key, value] : good) {
        if (key == "schema_version") continue;
        auto json = good;
        json[key] = boost::json::array{boost::json::object{}};
        EXPECT_THROW(static_cast<void>(request_from(json)), std::invalid_argument) << key;
    }
    for (const auto* key : {"id", "state", "requester", "stages", "may", "created_at", "duration"}) {
        auto json = good;
        json.erase(key);
        EXPECT_THROW(static_cast<void>(request_from(json)), std::invalid_argument) << key;
    }
}

TEST(Problem, SaysWhatIsWrongAndWhatToDo) {
    const auto json = problem(Refusal{RefusalCode::request_not_pending, "it was denied"}, 409);
    EXPECT_EQ(json.at("code"), "request_not_pending");
    EXPECT_EQ(json.at("status"), 409);
    EXPECT_EQ(json.at("detail"), "it was denied");
    EXPECT_EQ(json.at("type"), "urn:stint:refusal:request_not_pending");
    EXPECT_EQ(json.at("title").as_string(), what_is_wrong(RefusalCode::request_not_pending));
    EXPECT_EQ(json.at("advice").as_string(), what_to_do(RefusalCode::request_not_pending));
}

}  // namespace
}  // namespace stint::wire
