// Transactions, savepoints, what may never change, and the memories that are no records.
#include "audit/entry.hpp"
#include "core/apply.hpp"
#include "store/story.hpp"

#include <gmock/gmock.h>

using namespace stint;
using namespace stint::test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

class StoreTest : public ::testing::Test {
protected:
    TempFolder folder;
    Store store{folder.database(), seeded_salts()};
    Story story{store};
};

const Channel mail{"mail"}, chat{"chat"}, tickets{"ticket", true};

Effect notice(RequestId id) {
    return NotifyPeople{NoticeKind::ready, id, {GroupName("cn=a,dc=b"), GroupName("")}, {person("ada"), {PersonId("x"), Login(""), "\"\\\n\xFF", ""}}, {PersonId("id-ben")}, FindingId{7}};
}

}  // namespace

TEST_F(StoreTest, IsEmptyAtFirst) {
    EXPECT_EQ(store.last_event(), EventSeq{0});
    EXPECT_EQ(store.next_request(), RequestId{1});
    EXPECT_EQ(store.next_membership(), MembershipId{1});
    EXPECT_EQ(store.next_finding(), FindingId{1});
    EXPECT_EQ(store.next_deadline(now_at(0)), std::nullopt);
    EXPECT_EQ(store.high_water_mark(), Utc{});
    EXPECT_EQ(store.event(EventSeq{1}), std::nullopt);
}

TEST_F(StoreTest, WhatIsRolledBackNeverWas) {
    const RequestId kept = story.file("ada");
    story.begin();
    const RequestId lost = story.file("ben");
    store.owe(notice(lost), story.now);
    EXPECT_EQ(store.last_event(), EventSeq{2});
    story.rollback();
    EXPECT_EQ(store.last_event(), EventSeq{1});
    EXPECT_EQ(store.request(lost), std::nullopt);
    EXPECT_EQ(store.owed_count(), 0);
    EXPECT_EQ(store.next_request().value, kept.value + 1);
    story.file("cho");
    EXPECT_EQ(store.last_event(), EventSeq{2});
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
}

TEST_F(StoreTest, ASavepointHoldsOneCommand) {
    story.begin();
    store.savepoint();
    const RequestId first = story.file("ada");
    store.release_savepoint();
    store.savepoint();
    const Now before = story.now;
    story.now = now_at(5000);
    const RequestId second = story.file("ben");
    store.rollback_savepoint();
    story.now = before;
    store.savepoint();
    const RequestId third = story.file("cho");
    store.release_savepoint();
    story.commit();
    EXPECT_EQ(second, third);
    EXPECT_EQ(store.request(first)->requester.login, Login("ada"));
    EXPECT_EQ(store.request(third)->requester.login, Login("cho"));
    EXPECT_EQ(store.last_event(), EventSeq{2});
    EXPECT_EQ(store.high_water_mark(), before.utc);
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
}

TEST_F(StoreTest, WritesWantATransaction) {
    EXPECT_THROW(store.append({Story::header(RequestId{1}, "ada"), RequestFiled{}}, now_at(0)), std::logic_error);
    EXPECT_THROW(store.owe(notice(RequestId{1}), now_at(0)), std::logic_error);
    EXPECT_THROW(store.commit(), std::logic_error);
    store.begin();
    EXPECT_THROW(store.begin(), std::logic_error);
    EXPECT_THROW(store.release_savepoint(), std::logic_error);
    store.commit();
    store.rollback();
    store.rollback_savepoint();
}

TEST_F(StoreTest, AnImpossibleEventLeavesNoTrace) {
    const RequestId id = story.file("ada");
    story.begin();
    EXPECT_THROW(story.tell(Story::header(id, "ada", true), GrantReady{}), ImpossibleEvent);
    story.commit();
    EXPECT_EQ(store.last_event(), EventSeq{1});
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
}

TEST_F(StoreTest, AnEventThatCannotBeWrittenLeavesNoTrace) {
    story.begin();
    EventHeader header = Story::header(RequestId{1}, "ada");
    header.ticket = TicketId(std::string(9000, 'x'));
    RequestFiled filed;
    filed.duration = Seconds(60);
    EXPECT_THROW(story.tell(header, filed), audit::EntryFault);
    story.commit();
    EXPECT_EQ(store.request(RequestId{1}), std::nullopt);
}

TEST_F(StoreTest, ATouchIsWritten) {
    story.file("ada");
    const auto log_size = [this] { return std::filesystem::file_size(folder.database().string() + "-wal"); };
    for (int i = 0; i < 3; ++i) {
        const auto before = log_size();
        store.begin();
        store.touch();
        store.commit();
        EXPECT_GT(log_size(), before);
    }
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
}

TEST_F(StoreTest, TheHighWaterMarkNeverFalls) {
    story.now = now_at(100);
    story.file("ada");
    story.now = now_at(50);
    story.file("ben");
    EXPECT_EQ(store.high_water_mark(), now_at(100).utc);
    story.begin();
    story.now = now_at(200);
    story.file("cho");
    story.rollback();
    EXPECT_EQ(store.high_water_mark(), now_at(100).utc);
}

TEST_F(StoreTest, TimeGoesBackOnlyAfterAWordOfIt) {
    const auto types = [](const Store& from) {
        std::vector<std::string> all;
        for (EventSeq seq{1}; const auto event = from.event(seq); ++seq.value) all.emplace_back(type_of(audit::decode(event->entry, {}).event));
        return all;
    };
    story.now = now_at(3600);
    story.file("ada");
    story.now = now_at(3595);
    story.file("ben");
    EXPECT_THAT(types(store), ElementsAre("request.filed", "request.filed")) << "an ordinary correction";
    story.now = now_at(0);
    story.begin();
    story.file("cho");
    story.rollback();
    story.file("cho");
    EXPECT_THAT(types(store), ElementsAre("request.filed", "request.filed", "clock.stepped", "request.filed"));
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
}

TEST_F(StoreTest, AStepBackIsSaidOverARestartToo) {
    const TempFolder other;
    {
        Store before(other.database(), seeded_salts());
        Story told(before);
        told.now = now_at(3600);
        told.file("ada");
    }
    Store after(other.database(), seeded_salts(2));
    Story told(after);
    told.now = now_at(0, "boot-2");
    told.file("ben");
    EXPECT_EQ(after.last_event(), EventSeq{3});
    EXPECT_EQ(type_of(audit::decode(after.event(EventSeq{2})->entry, {}).event), "clock.stepped");
    EXPECT_THAT(replay_and_compare(other.database()), IsEmpty());
}

TEST_F(StoreTest, ALogThatGoesBackWithoutAWordIsNotWhole) {
    const TempFolder other;
    {
        Store earlier(other.database(), seeded_salts(2));
        Story told(earlier);
        told.now = now_at(0);
        told.file("ada");
        told.now = now_at(3600);
        told.file("ben");
    }
    story.now = now_at(7200);
    story.file("ada");
    EXPECT_EQ(by_hand(folder.database(), "ATTACH '" + other.database().string() + "' AS other;"
                      "INSERT INTO events SELECT * FROM other.events WHERE seq = 2;"
                      "INSERT INTO disclosures SELECT * FROM other.disclosures WHERE seq = 2;"
                      "INSERT INTO requests SELECT * FROM other.requests WHERE id = 2"), "");
    EXPECT_THAT(replay_and_compare(folder.database()), ElementsAre(HasSubstr("goes back")));
}

TEST_F(StoreTest, EventsAreAppendOnly) {
    story.file("ada");
    const auto path = folder.database();
    EXPECT_THAT(by_hand(path, "UPDATE events SET type = 'x'"), HasSubstr("append-only"));
    EXPECT_THAT(by_hand(path, "DELETE FROM events"), HasSubstr("append-only"));
    EXPECT_THAT(by_hand(path, "INSERT INTO events SELECT 3, ts_us, type, request_id, grant_id, ticket, entitlement, actor, subject, origin, entry FROM events"),
                HasSubstr("without gaps"));
    EXPECT_THAT(by_hand(path, "INSERT OR REPLACE INTO events SELECT * FROM events"), HasSubstr("without gaps"));
    EXPECT_THAT(by_hand(path, "UPDATE disclosures SET plaintext = x'00'"), HasSubstr("never changed"));
    EXPECT_THAT(replay_and_compare(path), IsEmpty());
}

TEST_F(StoreTest, TheSchemaForbidsWhatMustNeverBe) {
    const RequestId id = story.lend("ada", "g1");
    ASSERT_EQ(id, RequestId{1});
    const auto path = folder.database();
    EXPECT_THAT(by_hand(path, "UPDATE grants SET not_after_us = NULL"), HasSubstr("NOT NULL"));
    EXPECT_THAT(by_hand(path, "UPDATE grants SET not_after_us = opened_us"), HasSubstr("CHECK"));
    EXPECT_THAT(by_hand(path, "UPDATE grants SET not_after_us = 'never'"), HasSubstr("cannot store"));
    EXPECT_THAT(by_hand(path, "UPDATE grants SET state = 'immortal'"), HasSubstr("CHECK"));
    EXPECT_THAT(by_hand(path, "UPDATE grants SET state = 'closed'"), HasSubstr("CHECK"));
    EXPECT_THAT(by_hand(path, "UPDATE requests SET state = ''"), HasSubstr("CHECK"));
    EXPECT_THAT(by_hand(path, "UPDATE requests SET duration_s = 0"), HasSubstr("CHECK"));
    EXPECT_THAT(by_hand(path, "UPDATE memberships SET is_baseline = 1, intent = 'remove'"), HasSubstr("CHECK"));
    EXPECT_THAT(by_hand(path, "PRAGMA foreign_keys = ON; DELETE FROM requests"), HasSubstr("FOREIGN KEY"));
}

TEST_F(StoreTest, WhatIsOwedStaysUntilItIsDone) {
    const RequestId id = story.file("ada");
    store.begin();
    store.owe(notice(id), now_at(0));
    store.owe(notice(id), now_at(1));
    store.commit();
    auto owed = store.owed(mail, now_at(0).utc, 10);
    ASSERT_EQ(owed.size(), 2U);
    EXPECT_EQ(owed[0].effect, notice(id));
    EXPECT_EQ(owed[0].created_at, now_at(0).utc);
    const std::string key = owed[0].key;

    store.begin();
    store.postpone(owed[0].id, mail, now_at(60).utc, "no route");
    store.commit();
    EXPECT_EQ(store.owed(mail, now_at(59).utc, 10).size(), 1U);
    owed = store.owed(mail, now_at(60).utc, 10);
    ASSERT_EQ(owed.size(), 2U);
    EXPECT_EQ(owed[0].attempts, 0) << "what is new comes first";
    EXPECT_EQ(owed[1].attempts, 1);
    EXPECT_EQ(owed[1].key, key) << "the key is stable over retries";
    EXPECT_NE(owed[0].key, key);
    EXPECT_EQ(store.owed(mail, now_at(60).utc, 1).size(), 1U);

    store.begin();
    store.delivered(owed[0].id, mail, {mail, tickets});
    store.delivered(owed[1].id, mail, {mail, tickets});
    store.commit();
    EXPECT_EQ(store.owed_count(), 0);
    store.begin();
    store.owe(notice(id), now_at(0));
    store.commit();
    EXPECT_NE(store.owed(mail, now_at(0).utc, 1)[0].key, key) << "a number is never given out twice";
}

TEST_F(StoreTest, EachChannelHasItsOwnAccount) {
    const RequestId id = story.file("ada");
    const NoteTicket note{TicketId("INC1"), id, "granted"};
    store.begin();
    store.owe(notice(id), now_at(0));
    store.owe(note, now_at(0));
    store.commit();
    ASSERT_EQ(store.owed(tickets, now_at(0).utc, 10).size(), 1U);
    EXPECT_EQ(store.owed(tickets, now_at(0).utc, 10)[0].effect, Effect(note));
    const OutboxId message = store.owed(mail, now_at(0).utc, 10)[0].id;
    EXPECT_EQ(store.owed(chat, now_at(0).utc, 10)[0].id, message);
    store.begin();
    store.delivered(message, mail, {mail, chat, tickets});
    store.postpone(message, chat, now_at(5).utc, "down");
    store.commit();
    EXPECT_TRUE(store.owed(mail, now_at(5).utc, 10).empty());
    EXPECT_EQ(store.owed(chat, now_at(5).utc, 10).size(), 1U);
    EXPECT_EQ(store.owed_count(), 2);
    store.begin();
    store.strike_off({mail, chat, tickets});
    EXPECT_EQ(store.owed_count(), 2);
    store.strike_off({mail, tickets});
    store.commit();
    EXPECT_EQ(store.owed_count(), 1) << "chat is configured no more, and mail has it";
}

TEST_F(StoreTest, WhatIsOwedAndCannotBeReadHoldsNothingElseUp) {
    const RequestId id = story.file("ada");
    store.begin();
    for (int i = 0; i < 3; ++i) store.owe(notice(id), now_at(0));
    store.commit();
    EXPECT_EQ(by_hand(folder.database(), "UPDATE outbox SET effect = '{}' WHERE id = 1"), "");
    EXPECT_EQ(by_hand(folder.database(), "UPDATE outbox SET effect = replace(effect, ':7}', ':\"x\"}') WHERE id = 2"), "");
    const auto owed = store.owed(mail, now_at(0).utc, 10);
    ASSERT_EQ(owed.size(), 3U);
    EXPECT_NE(owed[0].unreadable, "");
    EXPECT_NE(owed[1].unreadable, "");
    EXPECT_EQ(owed[2].unreadable, "");
    EXPECT_EQ(owed[2].effect, notice(id));
}

TEST_F(StoreTest, AKeyFilesOneRequest) {
    const RequestId id = story.file("ada");
    const PersonId ada("id-ada");
    EXPECT_FALSE(store.idempotent(ada, "k").has_value());
    store.begin();
    store.remember_idempotent(ada, "k", {id, "digest"}, now_at(0).utc);
    store.commit();
    ASSERT_TRUE(store.idempotent(ada, "k").has_value());
    EXPECT_EQ(store.idempotent(ada, "k")->request, id);
    EXPECT_EQ(store.idempotent(ada, "k")->digest, "digest");
    EXPECT_FALSE(store.idempotent(PersonId("id-ben"), "k").has_value());
    store.begin();
    EXPECT_THROW(store.remember_idempotent(ada, "k", {id, "other"}, now_at(0).utc), StoreFault);
    store.rollback();
    store.begin();
    store.remember_idempotent(ada, "later", {id, "digest"}, now_at(10).utc);
    store.forget_idempotent(now_at(10).utc);
    store.commit();
    EXPECT_FALSE(store.idempotent(ada, "k").has_value());
    EXPECT_TRUE(store.idempotent(ada, "later").has_value());
}

TEST_F(StoreTest, ALoginNamesItsLatestHolder) {
    store.begin();
    store.remember_person(person("ada"), now_at(0).utc);
    PersonRef other{PersonId("id-2"), Login("ada"), "Another Ada", ""};
    store.remember_person(other, now_at(1).utc);
    store.commit();
    EXPECT_EQ(store.remembered_person(Login("ada")), other);
    EXPECT_EQ(store.remembered_person(PersonId("id-ada"))->name, "ada of the tests");
    store.begin();
    store.remember_person(person("ada"), now_at(2).utc);
    store.commit();
    EXPECT_EQ(store.remembered_person(Login("ada")), person("ada"));
    EXPECT_EQ(store.remembered_person(Login("eve")), std::nullopt);
    EXPECT_EQ(store.remembered_person(Login("")), std::nullopt);
}

TEST_F(StoreTest, ChangesOfARequestAndOfTheGrantItLengthens) {
    const RequestId grant = story.lend("ada", "g1");
    const EventSeq before = store.last_event();
    const RequestId extension = store.next_request();
    RequestFiled filed;
    filed.kind = RequestKind::extension;
    filed.duration = Seconds(300);
    filed.lapses_at = now_at(900).utc;
    filed.extends = grant;
    filed.requester = person("ada");
    story.tell(Story::header(extension, "ada"), filed);
    story.approve(extension, "ada", "boss");
    EventHeader header = Story::header(extension, "ada");
    header.grant = grant;
    const EventSeq extended = story.tell(header, GrantExtended{deadline_after(story.now, Seconds(900))});

    EXPECT_THAT(store.events_after(before, grant, 10), ElementsAre(std::pair(extended, grant)));
    EXPECT_EQ(store.events_after(before, extension, 10).size(), 4U);
    const auto everything = store.events_after(before, RequestId{}, 10);
    ASSERT_EQ(everything.size(), 5U);
    EXPECT_EQ(everything[3], std::pair(extended, extension));
    EXPECT_EQ(everything[4], std::pair(extended, grant));
    EXPECT_THAT(store.events_after(store.last_event(), RequestId{}, 10), IsEmpty());
    EXPECT_EQ(store.events_after(EventSeq{0}, RequestId{}, 3).size(), 3U);
}

TEST_F(StoreTest, DueLargestLatenessFirst) {
    const RequestId later = story.lend("ada", "g1", Seconds(700));
    const RequestId sooner = story.lend("ben", "g1", Seconds(300));
    EXPECT_THAT(store.grants_past_end(now_at(1000), 10), ElementsAre(sooner, later));
    EXPECT_THAT(store.grants_past_end(now_at(1000), 1), ElementsAre(sooner));
    EXPECT_THAT(store.grants_past_end(now_at(299), 10), IsEmpty());
    // The boot clock alone ends a grant when the wall clock was set back, but only on the boot that set it.
    Now back = now_at(400);
    back.utc = now_at(-5000).utc;
    EXPECT_THAT(store.grants_past_end(back, 10), ElementsAre(sooner));
    back.boot_id = "boot-2";
    EXPECT_THAT(store.grants_past_end(back, 10), IsEmpty());
    EXPECT_EQ(store.next_deadline(back)->boot_id, "boot-2");
}

TEST_F(StoreTest, AStartThatHasComeIsNoDeadline) {
    const RequestId id = store.next_request();
    RequestFiled filed;
    filed.duration = Seconds(300);
    filed.lapses_at = now_at(5000).utc;
    filed.start_at = now_at(1000).utc;
    filed.requester = person("ada");
    story.tell(Story::header(id, "ada"), filed);
    story.tell(Story::header(id, "ada"), RequestApproved{now_at(5000).utc});
    EXPECT_EQ(store.next_deadline(now_at(0))->utc, now_at(1000).utc);
    EXPECT_THAT(store.requests_to_open(now_at(999).utc, 10), IsEmpty());
    EXPECT_THAT(store.requests_to_open(now_at(1000).utc, 10), ElementsAre(id));
    EXPECT_EQ(store.next_deadline(now_at(1000))->utc, now_at(5000).utc);
}

TEST_F(StoreTest, NoTimeIsTooFarAway) {
    RequestFiled filed;
    filed.duration = Seconds(300);
    filed.lapses_at = Utc::max();
    filed.requester = person("ada");
    story.tell(Story::header(RequestId{1}, "ada"), filed);
    const auto next = store.next_deadline({Utc::min(), BootTime{0}, "b"});
    ASSERT_TRUE(next.has_value());
    EXPECT_GT(next->utc, Utc{} - Seconds(1));
}
