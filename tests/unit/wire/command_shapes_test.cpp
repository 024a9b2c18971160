// Commands in JSON: what the client writes the broker reads, and everything else is refused by name.
#include "wire/json.hpp"
#include "wire/shapes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace stint::wire {
namespace {

using testing::HasSubstr;
using testing::Not;

boost::json::object object(std::string_view text) { return parse_json(text).as_object(); }

template <class T>
RefusalCode code_of(const Result<T>& result) {
    return result.refusal().code;
}

TEST(FileRequestShape, ReadsEveryField) {
    const auto read = file_request_from(object(R"({"entitlement":"ehr","ticket":"INC1","reason":"call","impact":"i","action":"a","affected":"f",
        "verified":["callback","manager"],"duration":"1h30m","start_at":"2026-11-22T23:42:08Z","attached":true,"dry_run":true})"));
    ASSERT_TRUE(read) << read.refusal().detail;
    const FileRequest& command = read.value();
    EXPECT_EQ(command.entitlement.value, "ehr");
    EXPECT_EQ(command.ticket.value, "INC1");
    EXPECT_EQ(command.reason + command.impact + command.action + command.affected, "calliaf");
    EXPECT_EQ(command.verified, (std::vector<std::string>{"callback", "manager"}));
    EXPECT_EQ(command.duration, Seconds(5400));
    EXPECT_EQ(to_rfc3339(command.start_at.value()), "2026-11-22T23:42:08Z");
    EXPECT_TRUE(command.is_attached);
    EXPECT_TRUE(command.is_dry_run);
}

TEST(FileRequestShape, WhatTheClientWritesTheBrokerReads) {
    EXPECT_TRUE(rc::check([](bool is_attached, bool is_dry_run) {
        FileRequest command;
        const auto plain = [] { return *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('!', '~'))); };
        const auto small = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'z')));
        command.entitlement = EntitlementName(small.substr(0, 64));
        command.ticket = TicketId("INC#" + small.substr(0, 60));
        command.reason = plain().substr(0, 200);
        command.verified = {plain().substr(0, 64)};
        command.duration = Seconds(*rc::gen::inRange(1, 86400));
        command.start_at = Utc(std::chrono::microseconds(*rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000'000)));
        command.is_attached = is_attached;
        command.is_dry_run = is_dry_run;
        const auto read = file_request_from(to_json(command));
        RC_ASSERT(read.has_value());
        RC_ASSERT(to_json(read.value()) == to_json(command));
        RC_ASSERT(read.value().start_at == command.start_at);
    }));
}

TEST(FileRequestShape, RefusesByName) {
    const auto refused = [](std::string_view text) { return code_of(file_request_from(object(text))); };
    EXPECT_EQ(refused(R"({})"), RefusalCode::malformed_request);
    EXPECT_EQ(refused(R"({"entitlement":"e"})"), RefusalCode::reason_required);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":" "})"), RefusalCode::reason_required);
    EXPECT_EQ(refused(R"({"entitlement":null,"reason":"r"})"), RefusalCode::malformed_request);
    EXPECT_EQ(refused(R"({"entitlement":7,"reason":"r"})"), RefusalCode::malformed_request);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"r","dry_run":"yes"})"), RefusalCode::malformed_request);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"r","dry_run":1})"), RefusalCode::malformed_request);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"r","verified":"callback"})"), RefusalCode::malformed_request);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"r","verified":[["x"]]})"), RefusalCode::malformed_request);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"r","verified":["1","2","3","4","5","6","7","8","9"]})"), RefusalCode::malformed_request);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"r","duration":"0s"})"), RefusalCode::duration_not_valid);
    for (const std::string ticket : {"Jane Doe MRN 123", " INC1", "INC1 ", "#1", "-1", "a:b", "M\u00fcller"}) {
        EXPECT_EQ(refused(R"({"entitlement":"e","reason":"r","ticket":")" + ticket + "\"}"), RefusalCode::reference_not_valid) << ticket;
    }
    for (const std::string name : {"Jane Doe", "E", "-e", "e_"}) {
        EXPECT_EQ(refused(R"({"reason":"r","entitlement":")" + name + "\"}"), RefusalCode::entitlement_unknown) << name;
    }
    EXPECT_TRUE(file_request_from(object(R"({"entitlement":"e","reason":"r","ticket":"A1.b_c#d/e-f"})")));
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"r","duration":1800})"), RefusalCode::malformed_request);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"r","start_at":"tomorrow"})"), RefusalCode::malformed_request);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"r","dry-run":true})"), RefusalCode::unknown_field);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"a\u001b[2Jb"})"), RefusalCode::text_not_allowed);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"a\u202eb"})"), RefusalCode::text_not_allowed);
    EXPECT_EQ(refused(R"({"entitlement":"e","reason":"a\nb"})"), RefusalCode::text_not_allowed);
}

TEST(FileRequestShape, TextsHaveLimits) {
    const auto with_reason = [](std::size_t length) {
        return file_request_from({{"entitlement", "e"}, {"reason", std::string(length, 'x')}});
    };
    EXPECT_TRUE(with_reason(200));
    EXPECT_EQ(code_of(with_reason(201)), RefusalCode::text_too_long);
    EXPECT_TRUE(file_request_from({{"entitlement", std::string(64, 'x')}, {"reason", "r"}}));
    EXPECT_EQ(code_of(file_request_from({{"entitlement", std::string(65, 'x')}, {"reason", "r"}})), RefusalCode::text_too_long);
}

TEST(FileRequestShape, NeverRepeatsWhatWasSent) {
    for (const auto* text : {R"({"canary":1})", R"({"entitlement":"e","reason":"canary\u0007"})", R"({"entitlement":"e","reason":"r","duration":"canary"})"})
        EXPECT_THAT(file_request_from(object(text)).refusal().detail, Not(HasSubstr("canary"))) << text;
}

TEST(BreakGlassShape, TheNameIsTypedTwice) {
    const auto read = [](std::string_view confirm) {
        return break_glass_from({{"entitlement", "ehr"}, {"confirm", confirm}, {"reason", "fire"}});
    };
    EXPECT_TRUE(read("ehr"));
    EXPECT_EQ(code_of(read("EHR")), RefusalCode::malformed_request);
    EXPECT_EQ(code_of(read("")), RefusalCode::malformed_request);
    EXPECT_EQ(code_of(break_glass_from({{"entitlement", "ehr"}, {"reason", "fire"}})), RefusalCode::malformed_request);
    BreakGlass command{EntitlementName("ehr"), TicketId("INC1"), "fire", Seconds(60), true};
    EXPECT_EQ(to_json(break_glass_from(to_json(command)).value()), to_json(command));
}

TEST(DecisionShapes, WhatMustHaveWordsHasThem) {
    EXPECT_TRUE(approve_from({}));
    EXPECT_EQ(approve_from({{"duration", "10m"}, {"comment", "ok"}}).value().shortened_to, Seconds(600));
    EXPECT_EQ(code_of(deny_from({})), RefusalCode::reason_required);
    EXPECT_EQ(code_of(revoke_from({})), RefusalCode::reason_required);
    EXPECT_EQ(code_of(extend_from({{"reason", "longer"}})), RefusalCode::duration_not_valid);
    EXPECT_EQ(code_of(extend_from({{"duration", "10m"}})), RefusalCode::reason_required);
    EXPECT_TRUE(extend_from({{"duration", "10m"}, {"reason", "longer"}}));
    EXPECT_TRUE(release_from({}));
    EXPECT_TRUE(nothing_from({}));
    EXPECT_EQ(code_of(nothing_from({{"reason", "x"}})), RefusalCode::unknown_field);
}

TEST(DecisionShapes, AVerdictIsOneOfTwoWords) {
    EXPECT_TRUE(verdict_from({{"verdict", "justified"}, {"comment", "c"}}).value().is_justified);
    EXPECT_FALSE(verdict_from({{"verdict", "unjustified"}, {"comment", "c"}}).value().is_justified);
    EXPECT_EQ(code_of(verdict_from({{"verdict", "Justified"}, {"comment", "c"}})), RefusalCode::malformed_request);
    EXPECT_EQ(code_of(verdict_from({{"comment", "c"}})), RefusalCode::malformed_request);
    EXPECT_EQ(code_of(verdict_from({{"verdict", "justified"}})), RefusalCode::reason_required);
    EXPECT_EQ(to_json(verdict_from({{"verdict", "unjustified"}, {"comment", "c"}, {"incident", "I1"}}).value()),
              to_json(GiveVerdict{false, "c", "I1"}));
}

TEST(DecisionShapes, WhatTheClientWritesTheBrokerReads) {
    EXPECT_EQ(to_json(approve_from(to_json(Approve{"c", Seconds(60)})).value()), to_json(Approve{"c", Seconds(60)}));
    EXPECT_EQ(deny_from(to_json(Deny{"no"})).value().comment, "no");
    EXPECT_EQ(extend_from(to_json(Extend{Seconds(60), "r"})).value().duration, Seconds(60));
    EXPECT_EQ(release_from(to_json(Release{"done"})).value().resolution, "done");
    EXPECT_EQ(revoke_from(to_json(Revoke{"now"})).value().reason, "now");
}

}  // namespace
}  // namespace stint::wire
