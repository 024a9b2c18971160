// What survives: a killed process, and a disk that is full or broken at any of its writes.
#include "fault_vfs.hpp"
#include "store/story.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace stint;
using namespace stint::test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

/// Lends and closes without end; tells the number of the last event after each commit.
[[noreturn]] void lend_for_ever(const std::filesystem::path& path, int out) {
    Store store(path, seeded_salts(static_cast<std::uint64_t>(getpid())));
    Story story(store);
    for (int count = 0;; ++count) {
        const std::string login = "user" + std::to_string(count % 7);
        story.begin();
        const RequestId id = story.lend(login, "g1");
        store.owe(NoteTicket{TicketId("INC1"), id, "granted"}, story.now);
        story.commit();
        const std::int64_t seq = store.last_event().value;
        if (write(out, &seq, sizeof seq) != sizeof seq) _exit(1);
        story.close(id, login);
        if (count % 5 == 0) store.checkpoint_when_idle();
    }
}

}  // namespace

TEST(Surviving, WhatWasAcknowledgedIsThereAfterAKill) {
    const TempFolder folder(true);
    std::int64_t before = 0;
    for (int round = 0; round < 8; ++round) {
        int ends[2];
        ASSERT_EQ(pipe(ends), 0);
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            close(ends[0]);
            try {
                lend_for_ever(folder.database(), ends[1]);
            } catch (...) {
                _exit(2);
            }
        }
        close(ends[1]);
        // After some acknowledgements, at whatever it is doing then.
        std::int64_t acknowledged = 0;
        std::int64_t seq = 0;
        for (int count = 0; count < 3 + round * 4 && read(ends[0], &seq, sizeof seq) == sizeof seq; ++count) acknowledged = seq;
        ASSERT_EQ(kill(child, SIGKILL), 0);
        while (read(ends[0], &seq, sizeof seq) == sizeof seq) acknowledged = seq;
        close(ends[0]);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
        ASSERT_GT(acknowledged, before);
        EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty()) << "read before anybody has recovered the log";
        Store store(folder.database(), seeded_salts());
        EXPECT_GE(store.last_event().value, acknowledged);
        before = store.last_event().value;
        EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
    }
}

namespace {

struct FaultCase {
    FaultyDisk::Fault fault;
    const char* name;
};

class FaultyDiskTest : public ::testing::TestWithParam<FaultCase> {
protected:
    void SetUp() override { FaultyDisk::install(); }
    void TearDown() override { FaultyDisk::heal(); }

    static void lend_in_one(Store& store, Story& story, const std::string& login) {
        story.begin();
        store.savepoint();
        store.owe(NoteTicket{TicketId("INC1"), story.lend(login, "g1"), "granted"}, story.now);
        store.release_savepoint();
        story.commit();
    }
};

}  // namespace

TEST_P(FaultyDiskTest, NothingIsHalfDoneAndLaterCommitsWork) {
    int nth = 1;
    for (bool is_reached = true; is_reached; ++nth) {
        const TempFolder folder;
        Store store(folder.database(), seeded_salts());
        Story story(store);
        lend_in_one(store, story, "ada");
        const EventSeq before = store.last_event();

        FaultyDisk::fail_from(GetParam().fault, nth);
        bool is_full = false;
        try {
            lend_in_one(store, story, "ben");
        } catch (const StoreFault& fault) {
            is_full = fault.is_full();
            story.rollback();
        }
        is_reached = FaultyDisk::has_failed();
        ASSERT_EQ(is_full, is_reached) << nth;
        if (is_reached) {
            ASSERT_EQ(store.last_event(), before);
            ASSERT_EQ(store.request(RequestId{2}), std::nullopt);
            ASSERT_EQ(store.owed_count(), 1);
            // Removals go on while nothing can be written: what is due can still be read.
            ASSERT_THAT(store.grants_past_end(now_at(10'000), 10), ElementsAre(RequestId{1}));
            EXPECT_THROW(lend_in_one(store, story, "cho"), StoreFault);
            story.rollback();
        }
        FaultyDisk::heal();
        lend_in_one(store, story, "dee");
        ASSERT_EQ(store.request(RequestId{is_reached ? 2 : 3})->requester.login, Login("dee"));
        ASSERT_THAT(replay_and_compare(folder.database()), IsEmpty()) << nth;
    }
    EXPECT_GT(nth, 2) << "no write ever failed";
}

TEST_P(FaultyDiskTest, ACheckpointThatFailsLosesNothing) {
    const TempFolder folder;
    {
        Store store(folder.database(), seeded_salts());
        Story story(store);
        story.begin();
        // More than what is worth a checkpoint.
        for (int count = 0; count < 700; ++count) {
            const std::string login = "user" + std::to_string(count);
            story.lend(login, "g" + std::to_string(count % 10));
        }
        story.commit();
        FaultyDisk::fail_from(GetParam().fault, 1);
        store.checkpoint_when_idle();
        EXPECT_TRUE(FaultyDisk::has_failed());
        FaultyDisk::heal();
        story.file("ada");
        store.checkpoint_when_idle();
        EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
        FaultyDisk::fail_from(GetParam().fault, 1);
    }
    FaultyDisk::heal();
    Store store(folder.database(), seeded_salts());
    EXPECT_EQ(store.counts().open_grants, 700);
    EXPECT_THAT(replay_and_compare(folder.database()), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Surviving, FaultyDiskTest,
                         ::testing::Values(FaultCase{FaultyDisk::Fault::full_write, "FullWrite"}, FaultCase{FaultyDisk::Fault::broken_write, "BrokenWrite"},
                                           FaultCase{FaultyDisk::Fault::broken_flush, "BrokenFlush"}),
                         [](const auto& info) { return std::string(info.param.name); });
