// Which files are opened, by whom, and how they are brought up to date.
#include "store/db.hpp"
#include "store/schema.hpp"
#include "store/story.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

using namespace stint;
using namespace stint::test;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

std::string fault_of(const std::filesystem::path& path) {
    try {
        Store store(path, seeded_salts());
    } catch (const StoreFault& fault) {
        return fault.what();
    }
    return "opened";
}

unsigned mode_of(const std::filesystem::path& path) {
    struct stat status{};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
}

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_content(const std::filesystem::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace

TEST(Opening, KeepsItsFilesToItself) {
    const TempFolder folder;
    Store store(folder.database(), seeded_salts());
    Story(store).file("ada");
    for (const auto& file : std::filesystem::directory_iterator(folder.path())) EXPECT_EQ(mode_of(file.path()), 0600U) << file.path();
}

TEST(Opening, TightensAFileThatOthersCouldRead) {
    const TempFolder folder;
    { Store store(folder.database(), seeded_salts()); }
    ASSERT_EQ(chmod(folder.database().c_str(), 0664), 0);
    Store store(folder.database(), seeded_salts());
    EXPECT_EQ(mode_of(folder.database()), 0600U);
}

TEST(Opening, RemembersEverything) {
    const TempFolder folder;
    std::optional<Grant> grant;
    {
        Store store(folder.database(), seeded_salts());
        grant = store.grant(Story(store).lend("ada", "g1"));
        store.begin();
        store.owe(NoteTicket{TicketId("INC1"), RequestId{1}, "x"}, now_at(0));
        store.commit();
    }
    Store store(folder.database(), seeded_salts(2));
    EXPECT_EQ(store.grant(RequestId{1}), grant);
    EXPECT_EQ(store.last_event(), EventSeq{10});
    EXPECT_EQ(store.high_water_mark(), now_at(0).utc);
    EXPECT_EQ(store.counts().grants_total, 1);
    EXPECT_EQ(store.owed_count(), 1);
}

TEST(Opening, OnlyOneBrokerAtATime) {
    const TempFolder folder;
    auto first = std::make_unique<Store>(folder.database(), seeded_salts());
    EXPECT_THAT(fault_of(folder.database()), AllOf(HasSubstr("in use by process " + std::to_string(getpid())), HasSubstr("stop that one")));
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) _exit(fault_of(folder.database()).find("in use") == std::string::npos ? 1 : 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    first.reset();
    EXPECT_EQ(fault_of(folder.database()), "opened");
}

TEST(Opening, TheLockGoesWithItsProcess) {
    const TempFolder folder;
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        Store store(folder.database(), seeded_salts());
        if (write(pipe_ends[1], "x", 1) != 1) _exit(1);
        pause();
        _exit(0);
    }
    char letter = 0;
    ASSERT_EQ(read(pipe_ends[0], &letter, 1), 1);
    EXPECT_THAT(fault_of(folder.database()), HasSubstr("in use by process " + std::to_string(child)));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_EQ(fault_of(folder.database()), "opened");
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

TEST(Opening, ReadingForAReplayNeedsNoLock) {
    const TempFolder folder;
    Store store(folder.database(), seeded_salts());
    Story story(store);
    story.lend("ada", "g1");
    story.begin();
    story.file("ben");
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty()) << "sees what was committed, beside an open transaction";
    story.commit();
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
}

TEST(Opening, RefusesAFolderThatIsNotThere) {
    const TempFolder folder;
    EXPECT_THAT(fault_of(folder.path() / "not" / "there.db"), AllOf(HasSubstr("folder"), HasSubstr("make it")));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "not"));
}

TEST(Opening, RefusesALinkAndWhatIsNoFile) {
    const TempFolder folder;
    std::filesystem::create_symlink("/dev/null", folder.database());
    EXPECT_THAT(fault_of(folder.database()), HasSubstr("not a link"));
    std::filesystem::remove(folder.database());
    ASSERT_EQ(mkfifo(folder.database().c_str(), 0600), 0);
    EXPECT_THAT(fault_of(folder.database()), HasSubstr("plain file"));
    std::filesystem::remove(folder.database());
    std::filesystem::create_directory(folder.database());
    EXPECT_NE(fault_of(folder.database()), "opened");
}

TEST(Opening, RefusesAnotherProgramsDatabase) {
    const TempFolder folder;
    by_hand(folder.database(), "PRAGMA application_id = 42; CREATE TABLE theirs (x)");
    const std::string before = content(folder.database());
    EXPECT_THAT(fault_of(folder.database()), HasSubstr("another program"));
    EXPECT_EQ(content(folder.database()), before) << "left as it was";
    EXPECT_THROW(static_cast<void>(replay_and_compare(folder.database())), StoreFault);
}

TEST(Opening, RefusesWhatIsNoDatabase) {
    const TempFolder folder;
    write_content(folder.database(), std::string(8192, 'x'));
    EXPECT_THAT(fault_of(folder.database()), HasSubstr("no database"));
    EXPECT_EQ(content(folder.database()), std::string(8192, 'x'));
}

TEST(Opening, RefusesANewerSchema) {
    const TempFolder folder;
    { Store store(folder.database(), seeded_salts()); }
    by_hand(folder.database(), "PRAGMA user_version = 999");
    EXPECT_THAT(fault_of(folder.database()), AllOf(HasSubstr("schema 999"), HasSubstr("newer stintd")));
}

TEST(Opening, RefusesADamagedDatabase) {
    const TempFolder folder;
    {
        Store store(folder.database(), seeded_salts());
        Story story(store);
        for (int count = 0; count < 40; ++count) story.lend("user" + std::to_string(count), "g1");
    }
    std::string bytes = content(folder.database());
    // The middle of the page on which the grants begin.
    const auto root = std::stoul(by_hand(folder.database(), "SELECT rootpage FROM sqlite_schema WHERE name = 'grants'"));
    for (std::size_t at = (root - 1) * 4096; at < (root - 1) * 4096 + 400; ++at) bytes[at] = '\x5A';
    write_content(folder.database(), bytes);
    EXPECT_THAT(fault_of(folder.database()), HasSubstr("damaged"));
}

TEST(Migrations, AreNumberedWithoutGaps) {
    int number = 0;
    for (const Migration& step : migrations()) EXPECT_EQ(step.number, ++number) << step.name;
    EXPECT_GE(number, 1);
}

TEST(Migrations, StartFromEachNumber) {
    for (std::size_t from = 0; from <= migrations().size(); ++from) {
        const TempFolder folder;
        {
            Db db(folder.database(), Db::Access::read_write);
            migrate(db, migrations().first(from));
            EXPECT_EQ(db.number("PRAGMA user_version"), static_cast<std::int64_t>(from));
        }
        Store store(folder.database(), seeded_salts());
        Story(store).lend("ada", "g1");
        EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
    }
}

TEST(Migrations, WhatWasOwedIsOwedToEachChannel) {
    const TempFolder folder;
    {
        Db db(folder.database(), Db::Access::read_write);
        migrate(db, migrations().first(1));
        db.script("INSERT INTO outbox (created_us, next_us, attempts, error, effect) VALUES"
                  " (1, 9, 3, 'down', '{\"do\":\"note\",\"ticket\":\"INC1\",\"request\":1,\"text\":\"granted\"}'),"
                  " (2, 2, 0, '', '{\"do\":\"notify\",\"kind\":\"ready\",\"request\":1,\"groups\":[],\"persons\":[],\"except\":[]}')");
    }
    Store store(folder.database(), seeded_salts());
    const auto notes = store.owed({"ticket", true}, now_at(0).utc, 10), notices = store.owed({"mail"}, now_at(0).utc, 10);
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].effect, Effect(NoteTicket{TicketId("INC1"), RequestId{1}, "granted"}));
    ASSERT_EQ(notices.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<NotifyPeople>(notices[0].effect));
}

/// As schema 4 left it: its events have tickets in their headers, and nothing that says they were typed.
TEST(Migrations, WhatWasWrittenBeforeIsStillTheSumOfItsEvents) {
    const TempFolder folder;
    {
        Store store(folder.database(), seeded_salts());
        Story story(store);
        story.lend("ada", "g1");
        story.tell(Story::header(RequestId{1}, "ada"), FindingSeen{FindingId{1}, FindingKind::ticket_unseen, {}, {}, PersonId("id-ada")});
    }
    by_hand(folder.database(), "ALTER TABLE requests DROP COLUMN is_ticket_typed; PRAGMA user_version = 4");
    Store store(folder.database(), seeded_salts(2));
    ASSERT_TRUE(store.request(RequestId{1}));
    EXPECT_EQ(store.request(RequestId{1})->ticket, TicketId("INC1"));
    EXPECT_FALSE(store.request(RequestId{1})->is_ticket_typed);
    ASSERT_TRUE(store.finding(FindingId{1}));
    EXPECT_EQ(store.finding(FindingId{1})->kind, FindingKind::ticket_unseen);
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
    Story(store).tell(Story::header(RequestId{}, "ben"), FindingSeen{FindingId{2}, FindingKind::indirect_member, GroupId("id-g1"), GroupName("g1"), PersonId("id-ben")});
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
}

TEST(Migrations, AStepThatFailsLeavesTheStepBefore) {
    const TempFolder folder;
    Db db(folder.database(), Db::Access::read_write);
    const std::vector<Migration> steps{{1, "0001_good", "CREATE TABLE one (x) STRICT"}, {2, "0002_bad", "CREATE TABLE two (x INTEGER) STRICT; CREATE TABLE two (x INTEGER) STRICT;"}};
    const std::vector<Migration> mended{{1, "0001_good", "CREATE TABLE one (x INTEGER) STRICT;"}, {2, "0002_mended", "CREATE TABLE two (x INTEGER) STRICT;"}};
    EXPECT_THROW(migrate(db, steps), StoreFault);  // STRICT wants a type
    EXPECT_EQ(db.number("PRAGMA user_version"), 0);
    migrate(db, std::span(mended).first(1));
    EXPECT_THROW(migrate(db, steps), StoreFault);
    EXPECT_EQ(db.number("PRAGMA user_version"), 1);
    EXPECT_EQ(db.number("SELECT count(*) FROM sqlite_schema"), 1);
    EXPECT_FALSE(db.has_transaction());
    migrate(db, mended);
    migrate(db, mended);
    EXPECT_EQ(db.number("PRAGMA user_version"), 2);
    EXPECT_EQ(db.number("PRAGMA application_id"), application_id);
}

TEST(Migrations, ADatabaseBehindIsNotReplayed) {
    const TempFolder folder;
    {
        Db db(folder.database(), Db::Access::read_write);
        db.script("PRAGMA application_id = " + std::to_string(application_id));
    }
    EXPECT_THROW(static_cast<void>(replay_and_compare(folder.database())), StoreFault);
    EXPECT_THROW(static_cast<void>(replay_and_compare(folder.path() / "absent.db")), StoreFault);
}
