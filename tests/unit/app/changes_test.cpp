// News is heard by whoever made a watch before it came, whether they wait already or not.
#include "app/changes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

namespace stint {
namespace {

class ChangesTest : public testing::Test {
protected:
    boost::asio::awaitable<void> wait(std::shared_ptr<Changes::Watch> watch) {
        const bool has_news = co_await Changes::wait(std::move(watch), Seconds(3600));
        if (has_news) ++woken_;
    }
    /// Begins to wait for news of an hour, and runs what is ready to run.
    void wait_for(const std::shared_ptr<Changes::Watch>& watch) {
        boost::asio::co_spawn(io_, wait(watch), boost::asio::detached);
        run();
    }
    void run() {
        io_.restart();
        io_.poll();
    }

    boost::asio::io_context io_;
    Changes changes_{io_.get_executor()};
    int woken_ = 0;
};

TEST_F(ChangesTest, wakes_who_waits) {
    wait_for(changes_.watch(RequestId{7}));
    EXPECT_EQ(woken_, 0);
    changes_.happened(RequestId{7});
    run();
    EXPECT_EQ(woken_, 1);
}

TEST_F(ChangesTest, news_between_the_watch_and_the_wait_is_not_lost) {
    const auto watch = changes_.watch(RequestId{7});
    changes_.happened(RequestId{7});
    wait_for(watch);
    EXPECT_EQ(woken_, 1);
}

TEST_F(ChangesTest, news_of_another_request_wakes_only_who_watches_all) {
    wait_for(changes_.watch(RequestId{7}));
    changes_.happened(RequestId{8});
    run();
    EXPECT_EQ(woken_, 0);
    wait_for(changes_.watch(RequestId{}));
    changes_.happened(RequestId{8});
    run();
    EXPECT_EQ(woken_, 1);
}

TEST_F(ChangesTest, the_end_wakes_all_and_whoever_comes_later) {
    wait_for(changes_.watch(RequestId{7}));
    const auto watch = changes_.watch(RequestId{});
    changes_.end();
    wait_for(watch);
    wait_for(changes_.watch(RequestId{9}));
    EXPECT_EQ(woken_, 3);
}

TEST_F(ChangesTest, watches_that_are_gone_are_forgotten) {
    for (int i = 1; i <= 1000; ++i) static_cast<void>(changes_.watch(RequestId{i}));
    const auto kept = changes_.watch(RequestId{7});
    changes_.happened(RequestId{7});
    wait_for(kept);
    EXPECT_EQ(woken_, 1);
}

}  // namespace
}  // namespace stint
