// What is kept in memory from one batch of commands to the next is what stands in the database.
#include "store/story.hpp"

using namespace stint;
using namespace stint::test;

namespace {

class BatchTest : public ::testing::Test {
protected:
    /// What an administrator does with a tool of their own.
    void by_hand(const std::string& sql) {
        sqlite3* other = nullptr;
        ASSERT_EQ(sqlite3_open(folder.database().c_str(), &other), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(other, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(other);
        sqlite3_close(other);
    }
    [[nodiscard]] std::string impact(RequestId id) const { return store.request(id).value_or(Request{}).impact; }

    TempFolder folder;
    Store store{folder.database(), seeded_salts()};
    Story story{store};
};

}  // namespace

TEST_F(BatchTest, WhatAnotherConnectionWroteIsSeenByTheNextBatch) {
    const RequestId id = story.file("ada");
    {
        const Store::Batch batch(store);
        EXPECT_EQ(impact(id), "");
        by_hand("UPDATE requests SET impact = 'much'");
        EXPECT_EQ(impact(id), "") << "one batch, one answer: what nobody else may write is read once";
    }
    EXPECT_EQ(impact(id), "much") << "outside of a batch it is read";
    const Store::Batch batch(store);
    EXPECT_EQ(impact(id), "much");
}

TEST_F(BatchTest, WhatIsGivenUpIsForgotten) {
    const Store::Batch batch(store);
    EXPECT_EQ(store.request(RequestId{1}), std::nullopt);
    story.begin();
    story.file("ada");
    EXPECT_TRUE(store.request(RequestId{1}));
    story.rollback();
    EXPECT_EQ(store.request(RequestId{1}), std::nullopt);
    story.begin();
    store.savepoint();
    story.file("ada");
    store.release_savepoint();
    store.savepoint();
    story.file("ben");
    store.rollback_savepoint();
    EXPECT_TRUE(store.request(RequestId{1}));
    EXPECT_EQ(store.request(RequestId{2}), std::nullopt);
    story.commit();
}

TEST_F(BatchTest, KeepsNoMoreThanItsShareAndForgetsNothingOfTheDatabase) {
    const Store::Batch batch(store);
    story.begin();
    for (int i = 0; i < 1500; ++i) story.file("ada");
    story.commit();
    for (RequestId id{1}; id.value <= 1500; ++id.value) ASSERT_TRUE(store.request(id)) << id.value;
}
