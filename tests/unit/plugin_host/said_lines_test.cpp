// What reaches the log of a plugin's standard error, with a clock of our own.
#include "plugin_host/said_lines.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace stint::plugin_host {
namespace {

using namespace std::chrono_literals;

struct Heard {
    std::vector<std::string> lines;
    std::vector<std::size_t> dropped;
    SaidLines said{[this](std::string_view line) { lines.emplace_back(line); }, [this](std::size_t count) { dropped.push_back(count); }};
    SaidLines::Time now{100s};
    void feed(std::string_view text) { said.feed(text, now); }
};

TEST(SaidLines, cuts_at_newlines_wherever_the_chunks_end) {
    Heard heard;
    for (const std::string_view chunk : {"on", "e\ntwo\r", "\n\n\nthr", "ee"}) heard.feed(chunk);
    EXPECT_EQ(heard.lines, (std::vector<std::string>{"one", "two"}));
    heard.said.finish(heard.now);
    EXPECT_EQ(heard.lines, (std::vector<std::string>{"one", "two", "three"}));
    EXPECT_EQ(heard.said.last(), "three");
    EXPECT_TRUE(heard.dropped.empty());
}

TEST(SaidLines, keeps_the_start_of_an_endless_line_only) {
    Heard heard;
    for (int chunk = 0; chunk < 100; ++chunk) heard.feed(std::string(1000, 'x'));
    heard.feed("tail\nnext\n");
    ASSERT_EQ(heard.lines.size(), 2U);
    EXPECT_EQ(heard.lines[0], std::string(SaidLines::max_line, 'x'));
    EXPECT_EQ(heard.lines[1], "next");
}

TEST(SaidLines, lets_so_many_a_second_through_and_counts_the_rest) {
    Heard heard;
    for (int line = 0; line < 80; ++line) heard.feed("a\n");
    EXPECT_EQ(heard.lines.size(), 50U);
    EXPECT_TRUE(heard.dropped.empty());
    heard.now += 1s;
    heard.feed("b\n");
    EXPECT_EQ(heard.dropped, std::vector<std::size_t>{30});
    EXPECT_EQ(heard.lines.back(), "b");
    for (int line = 0; line < 60; ++line) heard.feed("c\n");
    heard.feed("the reason\n");
    EXPECT_EQ(heard.said.last(), "the reason");  // known even though it was not logged
    heard.said.finish(heard.now);
    EXPECT_EQ(heard.dropped, (std::vector<std::size_t>{30, 12}));
}

TEST(SaidLines, no_line_is_lost_without_being_counted) {
    EXPECT_TRUE(rc::check([](const std::vector<std::string>& chunks) {
        Heard heard;
        std::size_t expected = 0, unfinished = 0;
        for (const std::string& chunk : chunks) {
            heard.feed(chunk + "\n");
            heard.now += 10ms;
        }
        for (const std::string& chunk : chunks)
            for (const char letter : chunk + "\n") {
                if (letter != '\n') {
                    ++unfinished;
                } else if (unfinished > 0) {
                    ++expected;
                    unfinished = 0;
                }
            }
        heard.said.finish(heard.now);
        std::size_t seen = heard.lines.size();
        for (const std::size_t count : heard.dropped) seen += count;
        RC_ASSERT(seen <= expected);
        for (const std::string& line : heard.lines) RC_ASSERT(!line.empty() && line.size() <= SaidLines::max_line && line.find('\n') == std::string::npos);
        if (std::none_of(chunks.begin(), chunks.end(), [](const std::string& chunk) { return chunk.find('\r') != std::string::npos; })) RC_ASSERT(seen == expected);
    }));
}

}  // namespace
}  // namespace stint::plugin_host
