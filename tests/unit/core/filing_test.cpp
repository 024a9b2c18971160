// The rules of an ask one by one, as a dry run shows them: each by name, in the order in which they refuse.
#include "model_world.hpp"

#include <gtest/gtest.h>

namespace stint::test {
namespace {

class Rules : public testing::Test {
protected:
    Rules() {
        ask.entitlement = EntitlementName("both");
        ask.reason = "because";
    }
    [[nodiscard]] std::vector<std::string> broken() const {
        std::vector<std::string> codes;
        for (const JudgedRule& judged : world.judge_rules("ada", ask)) {
            if (judged.broken) codes.emplace_back(to_text(judged.broken->code));
        }
        return codes;
    }
    [[nodiscard]] std::string refusal() const {
        const auto judged = world.judge_file("ada", ask);
        return judged ? "" : std::string(to_text(judged.refusal().code));
    }

    ModelWorld world;
    FileRequest ask;
};

TEST_F(Rules, AreAllNamedAndSayWhatTheyWereHeldAgainst) {
    std::string names;
    for (const JudgedRule& judged : world.judge_rules("ada", ask)) {
        names += judged.rule + " ";
        EXPECT_FALSE(judged.text.empty()) << judged.rule;
        EXPECT_FALSE(judged.broken) << judged.rule;
    }
    EXPECT_EQ(names, "account reason duration start verification ticket clock reviews under_way standing removals ");
    EXPECT_EQ(refusal(), "");
}

TEST_F(Rules, ThatAreBrokenAreAllFoundAndTheFirstRefuses) {
    world.rival_add("g2", "ada");
    world.enable("ada", false);
    ask.reason = "  ";
    ask.duration = Seconds(1201);
    ask.start_at = world.now().utc - Seconds(3600);
    ask.verified = {"palmistry"};
    EXPECT_EQ(broken(), (std::vector<std::string>{"caller_disabled", "reason_required", "duration_exceeds_limit", "start_not_valid",
                                                  "verification_unknown", "already_standing_member"}));
    EXPECT_EQ(refusal(), "caller_disabled");
    world.enable("ada", true);
    EXPECT_EQ(refusal(), "reason_required");
}

TEST_F(Rules, KnowWhatIsUnderWay) {
    EXPECT_TRUE(world.file("ada", "both", Seconds(600)));
    EXPECT_EQ(broken(), std::vector<std::string>{"request_already_open"});
    EXPECT_EQ(refusal(), "request_already_open");
}

TEST_F(Rules, OnlyATicketThatWasSeenStandsInTheHeaders) {
    const auto filed_with = [&](TicketSight sight) {
        Policy policy = world.policy();
        for (Entitlement& entitlement : policy.entitlements) {
            entitlement.ticket = TicketRule{};
            entitlement.ticket->when_unreachable = WhenUnreachable::allow;
        }
        FilingFacts facts;
        facts.requester.ref.id = PersonId("ada");
        facts.requester.is_enabled = true;
        facts.requester.groups = {{GroupId("helpdesk"), GroupName("helpdesk")}};
        facts.groups = GroupIndex({{GroupName("helpdesk"), GroupId("helpdesk")}});
        for (const std::string group : {"g1", "g2"}) facts.readings.push_back({{GroupId(group), GroupName(group)}, false, true, "model"});
        facts.ticket.sight = sight;
        ask.ticket = TicketId("INC7");
        MemoryLedger ledger;
        const auto judged = file_request(ledger, policy, facts, ask, world.now());
        EXPECT_TRUE(judged);
        std::set<std::string> headers;
        for (const Event& event : judged.value().events) {
            headers.insert(event.header.ticket.value);
            apply(event, world.now().utc, ledger);
        }
        EXPECT_EQ(ledger.request(RequestId{1})->ticket, TicketId("INC7"));
        headers.insert(header_of(*ledger.request(RequestId{1}), Actor{}).ticket.value);
        return headers;
    };
    EXPECT_EQ(filed_with(TicketSight::seen), std::set<std::string>{"INC7"});
    EXPECT_EQ(filed_with(TicketSight::unreachable), std::set<std::string>{""});
}

}  // namespace
}  // namespace stint::test
