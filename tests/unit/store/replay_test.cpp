// The log against the tables: whatever a hand has changed in the database is found and named.
#include "store/story.hpp"

#include <gmock/gmock.h>

using namespace stint;
using namespace stint::test;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

/// One of each: an open grant, a closed one, a denied request, a break-glass under review, findings.
void tell_a_day(Store& store) {
    Story story(store);
    story.lend("ada", "g1");
    const RequestId closed = story.lend("ben", "g1");
    story.close(closed, "ben");
    const RequestId denied = story.file("cho");
    story.tell(Story::header(denied, "cho"), RequestDenied{0, person("boss"), "no"});
    const RequestId emergency = story.file("dee", RequestKind::break_glass);
    story.tell(Story::header(emergency, "dee"), RequestApproved{story.now.utc + Seconds(60)});
    story.open(emergency, "dee");
    story.tell(Story::header(emergency, "dee"), ReviewOpened{story.now.utc + Seconds(86400)});
    story.tell(Story::header(emergency, "dee"), ReviewDone{Verdict::justified, person("eve"), "was needed", "SEC-1"});
    FindingSeen seen;
    seen.finding = store.next_finding();
    seen.kind = FindingKind::outside_add;
    seen.group = GroupId("id-g1");
    seen.group_name = GroupName("g1");
    seen.person = PersonId("id-eve");
    story.tell({}, seen);
    story.tell({}, FindingCleared{seen.finding});
    seen.finding = store.next_finding();
    story.tell({}, seen);
}

struct Edit {
    const char* name;
    const char* sql;
    const char* line;
};

class HandEdit : public ::testing::TestWithParam<Edit> {};

constexpr const char* no_guards =
    "DROP TRIGGER events_have_no_gap; DROP TRIGGER events_are_never_changed; DROP TRIGGER events_are_never_deleted;"
    "DROP TRIGGER disclosures_are_never_changed; PRAGMA ignore_check_constraints = 1;";

}  // namespace

TEST(Replay, AnUntouchedDatabaseAgrees) {
    const TempFolder folder;
    { Store store(folder.database(), seeded_salts()); }
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
    {
        Store store(folder.database(), seeded_salts());
        tell_a_day(store);
        EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
    }
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
}

TEST_P(HandEdit, IsFound) {
    const TempFolder folder;
    {
        Store store(folder.database(), seeded_salts());
        tell_a_day(store);
    }
    const std::string answer = by_hand(folder.database(), std::string(no_guards) + GetParam().sql);
    ASSERT_EQ(answer.find("error"), std::string::npos) << answer;
    EXPECT_THAT(replay_and_compare(folder.database()), Contains(HasSubstr(GetParam().line)));
}

INSTANTIATE_TEST_SUITE_P(
    Replay, HandEdit,
    ::testing::Values(
        Edit{"LongerGrant", "UPDATE grants SET not_after_us = not_after_us + 60000000 WHERE id = 1", "grant 1: not_after_us is"},
        Edit{"LongerByBootClock", "UPDATE grants SET not_after_boot_us = not_after_boot_us + 1 WHERE id = 1", "grant 1: not_after_boot_us is"},
        Edit{"AnotherHolder", "UPDATE grants SET person_id = 'id-eve' WHERE id = 1", "grant 1: person_id is \"id-eve\", the log says \"id-ada\""},
        Edit{"ReopenedGrant", "UPDATE grants SET state = 'ready', reason = NULL, closing_us = NULL, closed_us = NULL WHERE id = 2", "grant 2: state is"},
        Edit{"GrantFromNowhere", "INSERT INTO requests SELECT 9, kind, state, requester_id, requester_login, requester_name, requester_mail, entitlement, ticket,"
             " reason, impact, action, affected, verified, duration_s, start_us, created_us, lapses_us, stage, stage_since_us, is_reminded, is_escalated,"
             " approved_us, ended_us, policy, extends, is_attached, refusal, lends, is_ticket_typed FROM requests WHERE id = 1", "request 9: the log knows nothing of it"},
        Edit{"RemovedReview", "DELETE FROM reviews", "review 4: the log has it, the table does not"},
        Edit{"RemovedAndAdded", "UPDATE findings SET id = 7 WHERE id = 2", "finding 2: the log has it, the table does not"},
        Edit{"ApprovedAfterAll", "UPDATE requests SET state = 'approved' WHERE id = 3", "request 3: state is \"approved\", the log says \"denied\""},
        Edit{"AnotherReason", "UPDATE requests SET reason = 'better' WHERE id = 1", "request 1: reason is \"better\""},
        Edit{"Verified", "UPDATE requests SET verified = '[\"callback\"]' WHERE id = 1", "request 1: verified is"},
        Edit{"VerifiedNonsense", "UPDATE requests SET verified = 'x' WHERE id = 1", "never written"},
        Edit{"UnknownWord", "UPDATE requests SET state = 'wild' WHERE id = 1", "a word that is not known"},
        Edit{"AnotherApprover", "UPDATE approvals SET approver_id = 'id-eve' WHERE request_id = 1", "approvals of request 1: approver_id is"},
        Edit{"ApprovalAdded", "INSERT INTO approvals SELECT 1, 1, stage, 'id-eve', '', '', '', 1, at_us, '', NULL FROM approvals WHERE request_id = 1",
             "approvals of request 1: 2 stored, 1 in the log"},
        Edit{"ApprovalRemoved", "DELETE FROM approvals WHERE request_id = 2", "approvals of request 2: 0 stored, 1 in the log"},
        Edit{"MadeBaseline", "UPDATE memberships SET is_baseline = 1 WHERE id = 1", "membership 1: is_baseline is \"1\""},
        Edit{"HoldingRemoved", "DELETE FROM holdings WHERE grant_id = 1", "holdings of grant 1: membership 1 is missing"},
        Edit{"HoldingAdded", "INSERT INTO holdings VALUES (1, 2, 1)", "holdings of grant 1: membership 2 is not in the log"},
        Edit{"HoldingAsleep", "UPDATE holdings SET is_live = 0 WHERE grant_id = 1", "holdings of grant 1: is_live"},
        Edit{"FindingCleared", "UPDATE findings SET cleared_us = 1 WHERE id = 2", "finding 2: cleared_us is"},
        Edit{"VerdictTurned", "UPDATE reviews SET verdict = 'unjustified'", "review 4: verdict is"},
        Edit{"ReviewerGone", "UPDATE reviews SET reviewer_name = 'Somebody'", "review 4: reviewer_name is"},
        Edit{"EntryEdited", "UPDATE events SET entry = replace(entry, '\"duration_s\":600', '\"duration_s\":900') WHERE seq = 1", "request 1: duration_s is"},
        Edit{"EntryReformatted", "UPDATE events SET entry = replace(entry, '{\"v\"', '{ \"v\"') WHERE seq = 1", "event 1: the entry is not written in the canonical form"},
        Edit{"EntryOfAnother", "UPDATE events SET entry = (SELECT entry FROM events WHERE seq = 2) WHERE seq = 3", "event 3: "},
        Edit{"UnknownType", "UPDATE events SET entry = replace(entry, 'finding.cleared', 'finding.ignored')", "not one of the closed list"},
        Edit{"MiddleRemoved", "DELETE FROM disclosures WHERE seq = 5; DELETE FROM events WHERE seq = 5", "events: 6 follows 4, there is a gap"},
        Edit{"LastRemoved", "DELETE FROM disclosures WHERE seq = (SELECT max(seq) FROM events); DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)",
             "finding 2: the log knows nothing of it"},
        Edit{"FirstImpossible", "UPDATE events SET entry = replace(entry, '\"request\":1,', '\"request\":8,') WHERE seq = 1", "event 2 cannot have happened"},
        Edit{"WrongTime", "UPDATE events SET ts_us = ts_us + 1 WHERE seq = 4", "event 4: the column ts_us is"},
        Edit{"WrongPerson", "UPDATE events SET subject = 'id-eve' WHERE seq = 4", "event 4: the column subject is \"id-eve\""},
        Edit{"WrongTicket", "UPDATE events SET ticket = NULL WHERE seq = 4", "event 4: the column ticket is"},
        Edit{"WrongRequest", "UPDATE events SET request_id = 2 WHERE seq = 4", "event 4: the column request_id is"},
        Edit{"AnotherText", "UPDATE disclosures SET plaintext = x'6162' WHERE field = 'reason' AND seq = 1", "event 1: the entry's field reason does not fit"},
        Edit{"AnotherSalt", "UPDATE disclosures SET salt = zeroblob(32) WHERE field = 'reason' AND seq = 1", "event 1: the entry's field reason does not fit"},
        Edit{"TextGone", "DELETE FROM disclosures WHERE field = 'reason' AND seq = 1", "event 1: the text of reason is gone"},
        Edit{"TextAdded", "INSERT INTO disclosures VALUES (2, 'extra', zeroblob(32), x'00')", "event 2: the entry's field extra is disclosed"},
        Edit{"MarkTurnedBack", "UPDATE meta SET high_water_us = 0", "meta: high_water_us is 1970"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Replay, StopsWhenThereIsNothingNewToSay) {
    const TempFolder folder;
    {
        Store store(folder.database(), seeded_salts());
        Story story(store);
        story.begin();
        for (int count = 0; count < 1100; ++count) story.file("ada");
        story.commit();
    }
    by_hand(folder.database(), "UPDATE requests SET reason = 'x'");
    const auto lines = replay_and_compare(folder.database());
    EXPECT_EQ(lines.size(), 1001U);
    EXPECT_THAT(lines.back(), HasSubstr("and more"));
}
