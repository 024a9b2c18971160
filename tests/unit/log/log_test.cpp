// The log's promises: one line a message, nothing in it that a terminal or a parser could be fooled by.
#include "log/log.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <unistd.h>

#include <regex>
#include <string>
#include <thread>
#include <vector>

namespace {

using stint::log::escaped;
using stint::log::Level;

// A second decoder, written differently on purpose: strict UTF-8 to code points, empty when not valid.
bool decode_all(const std::string& text, std::vector<unsigned>& points) {
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = [&](std::size_t offset) { return static_cast<unsigned>(static_cast<unsigned char>(text[at + offset])); };
        const unsigned lead = byte(0);
        const std::size_t length = lead < 0x80 ? 1 : (lead >> 5) == 6 ? 2 : (lead >> 4) == 14 ? 3 : (lead >> 3) == 30 ? 4 : 0;
        if (length == 0 || at + length > text.size()) return false;
        unsigned point = length == 1 ? lead : lead & (0x7FU >> length);
        for (std::size_t next = 1; next < length; ++next) {
            if ((byte(next) >> 6) != 2) return false;
            point = point * 64 + (byte(next) & 63);
        }
        const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < least[length] || point > 0x10FFFF || (point >> 11) == 27) return false;
        points.push_back(point);
        at += length;
    }
    return true;
}

/// Default_Ignorable_Code_Point, as DerivedCoreProperties.txt lists it, and the interlinear annotations.
bool is_invisible(unsigned point) {
    return point == 0xAD || point == 0x34F || point == 0x115F || point == 0x1160 || point == 0x17B4 || point == 0x17B5 ||
           (point >= 0x180B && point <= 0x180F) || (point >= 0x200B && point <= 0x200D) || (point >= 0x2060 && point <= 0x206F) ||
           point == 0x3164 || (point >= 0xFE00 && point <= 0xFE0F) || point == 0xFEFF || point == 0xFFA0 ||
           (point >= 0xFFF0 && point <= 0xFFFB) || (point >= 0x1BCA0 && point <= 0x1BCA3) || (point >= 0x1D173 && point <= 0x1D17A) ||
           (point >= 0xE0000 && point <= 0xE0FFF);
}

bool is_forbidden(unsigned point) {
    return point < 0x20 || point == 0x7F || (point >= 0x80 && point < 0xA0) || point == 0x61C || point == 0x200E || point == 0x200F ||
           point == 0x2028 || point == 0x2029 || (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) ||
           is_invisible(point);
}

void expect_clean(const std::string& text) {
    std::vector<unsigned> points;
    RC_ASSERT(decode_all(text, points));
    for (const unsigned point : points) RC_ASSERT(!is_forbidden(point));
}

std::string encode(unsigned point) {
    std::string out;
    const auto put = [&](unsigned byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xC0 | (point >> 6)), put(0x80 | (point & 63));
    } else if (point < 0x10000) {
        put(0xE0 | (point >> 12)), put(0x80 | ((point >> 6) & 63)), put(0x80 | (point & 63));
    } else {
        put(0xF0 | (point >> 18)), put(0x80 | ((point >> 12) & 63)), put(0x80 | ((point >> 6) & 63)), put(0x80 | (point & 63));
    }
    return out;
}

std::string logged(Level level, std::string_view event, std::initializer_list<stint::log::Field> fields) {
    testing::internal::CaptureStderr();
    stint::log::write(level, event, fields);
    return testing::internal::GetCapturedStderr();
}

TEST(Escaped, leaves_plain_text_alone) { EXPECT_EQ(escaped("Ada Osei, Zoë, 太郎, 🙂 \"a\"=b"), "Ada Osei, Zoë, 太郎, 🙂 \"a\"=b"); }

TEST(Escaped, tells_each_dangerous_thing_by_its_number) {
    using namespace std::string_literals;
    EXPECT_EQ(escaped("a\nb"), "a\\x0ab");
    EXPECT_EQ(escaped("\x1b[2J"), "\\x1b[2J");
    EXPECT_EQ(escaped("a\0b"s), "a\\x00b");
    EXPECT_EQ(escaped("\x7f"), "\\x7f");
    EXPECT_EQ(escaped("\xC2\x85"), "\\u0085");
    EXPECT_EQ(escaped("\xE2\x80\xA8"), "\\u2028");
    EXPECT_EQ(escaped("\xE2\x80\xAE"), "\\u202e");
    EXPECT_EQ(escaped("\xD8\x9C"), "\\u061c");
    EXPECT_EQ(escaped("a\xE2\x80\x8B"), "a\\u200b") << "a name with a zero-width space is not the name";
    EXPECT_EQ(escaped("\xF3\xA0\x81\x81"), "\\U000e0041") << "text hidden in tag characters";
    EXPECT_EQ(escaped("\\x0a"), "\\\\x0a");
}

TEST(Escaped, shows_every_byte_that_is_not_utf8) {
    EXPECT_EQ(escaped("\xFF"), "\\xff");
    EXPECT_EQ(escaped("\xC0\xAF"), "\\xc0\\xaf");                  // overlong
    EXPECT_EQ(escaped("\xED\xA0\x80"), "\\xed\\xa0\\x80");         // surrogate
    EXPECT_EQ(escaped("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
    EXPECT_EQ(escaped("\xE2\x82"), "\\xe2\\x82");                  // cut short
    EXPECT_EQ(escaped("\xE2\x82z"), "\\xe2\\x82z");
    EXPECT_EQ(escaped("\x9b[2J"), "\\x9b[2J");                      // a lone C1 byte
}

TEST(Escaped, walks_every_code_point) {
    for (unsigned point = 0; point <= 0x10FFFF; ++point) {
        if (point >= 0xD800 && point <= 0xDFFF) continue;
        const std::string text = encode(point), out = escaped(text);
        if (is_forbidden(point)) {
            ASSERT_EQ(out.front(), '\\') << point;
            for (const char letter : out) ASSERT_TRUE(letter >= 0x20 && letter < 0x7F) << point;
        } else if (point == '\\') {
            ASSERT_EQ(out, "\\\\");
        } else {
            ASSERT_EQ(out, text) << point;
        }
    }
}

TEST(Escaped, any_bytes_come_out_clean_and_distinct) {
    EXPECT_TRUE(rc::check("clean", [](const std::string& text) { expect_clean(escaped(text)); }));
    EXPECT_TRUE(rc::check("clean, from dangerous pieces", [] {
        std::string text;
        for (const unsigned point : *rc::gen::container<std::vector<unsigned>>(rc::gen::element<unsigned>(
                 0, 0x1B, 0x7F, 0x80, 0x9F, 0x61C, 0x200E, 0x2028, 0x202E, 0x2066, 0x2069, 'a', '\\', '"', 0x1F642)))
            text += encode(point).substr(0, *rc::gen::inRange<std::size_t>(1, 5));
        expect_clean(escaped(text));
    }));
    EXPECT_TRUE(rc::check("no two texts look alike", [](const std::string& a, const std::string& b) {
        RC_PRE(a != b);
        RC_ASSERT(escaped(a) != escaped(b));
    }));
}

TEST(Write, is_one_line_of_words) {
    stint::log::start(Level::info);
    const std::string line = logged(Level::warning, "plugin.down", {{"plugin", "directory-ldap"}, {"try", std::int64_t{3}}, {"why", "said \"no\" twice"}, {"empty", ""}});
    EXPECT_TRUE(std::regex_match(line, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z warning plugin\.down plugin=directory-ldap try=3 why="said \\"no\\" twice" empty=""\n)"))) << line;
}

TEST(Write, says_nothing_below_the_level) {
    stint::log::start(Level::warning);
    EXPECT_EQ(logged(Level::info, "quiet", {}), "");
    EXPECT_NE(logged(Level::alarm, "loud", {}), "");
    stint::log::start(Level::debug);
    EXPECT_NE(logged(Level::debug, "all", {}), "");
    stint::log::start(Level::info);
}

TEST(Write, never_takes_a_text_for_a_format) {
    const std::string line = logged(Level::info, "x", {{"reason", "{} {0} %s %n %v {:>1000000}"}});
    EXPECT_NE(line.find("reason=\"{} {0} %s %n %v {:>1000000}\"\n"), std::string::npos) << line;
    EXPECT_NE(logged(Level::info, "{}%v\n", {}).find("info ___v_\n"), std::string::npos);
}

TEST(Write, cuts_a_value_that_never_ends) {
    const std::string line = logged(Level::info, "x", {{"text", std::string(1'000'000, 'a')}});
    EXPECT_LT(line.size(), 5000U);
    EXPECT_NE(line.find("…"), std::string::npos);
}

TEST(Write, any_fields_stay_one_clean_line) {
    EXPECT_TRUE(rc::check([](const std::string& event, const std::string& key, const std::string& value) {
        const std::string line = logged(Level::info, event, {{key, value}});
        RC_ASSERT(line.ends_with('\n'));
        expect_clean(line.substr(0, line.size() - 1));
    }));
}

TEST(Write, a_value_cannot_forge_another_field) {
    const std::string line = logged(Level::info, "x", {{"login", "ada\" role=\"root"}});
    EXPECT_NE(line.find(R"(login="ada\" role=\"root")"), std::string::npos) << line;
}

TEST(Write, tells_journald_the_priority) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const int kept = ::dup(STDERR_FILENO);
    ::dup2(pipe_ends[1], STDERR_FILENO);
    ::close(pipe_ends[1]);
    struct stat status {};
    ASSERT_EQ(::fstat(STDERR_FILENO, &status), 0);
    ::setenv("JOURNAL_STREAM", (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)).c_str(), 1);
    stint::log::start(Level::debug);
    for (const Level level : {Level::debug, Level::info, Level::warning, Level::error, Level::alarm}) stint::log::write(level, "x");
    ::unsetenv("JOURNAL_STREAM");
    ::dup2(kept, STDERR_FILENO);
    ::close(kept);
    stint::log::start(Level::info);
    char buffer[256];
    const ssize_t size = ::read(pipe_ends[0], buffer, sizeof buffer);
    ::close(pipe_ends[0]);
    EXPECT_EQ(std::string(buffer, size > 0 ? static_cast<std::size_t>(size) : 0U), "<7>x\n<6>x\n<4>x\n<3>x\n<1>x\n");
}

TEST(Write, a_terminal_that_inherited_journal_stream_is_no_journal) {
    ::setenv("JOURNAL_STREAM", "1:2", 1);
    stint::log::start(Level::info);
    ::unsetenv("JOURNAL_STREAM");
    EXPECT_EQ(logged(Level::info, "x", {}).find("<6>"), std::string::npos);
    stint::log::start(Level::info);
}

TEST(Write, lines_of_several_threads_stay_whole) {
    testing::internal::CaptureStderr();
    std::vector<std::thread> threads;
    for (int number = 0; number < 8; ++number)
        threads.emplace_back([] { for (int line = 0; line < 200; ++line) stint::log::info("thread", {{"text", std::string(100, 'y')}}); });
    for (std::thread& thread : threads) thread.join();
    const std::string all = testing::internal::GetCapturedStderr();
    const std::regex whole("[0-9TZ:.-]+ info thread text=y{100}");
    std::size_t lines = 0;
    for (std::size_t start = 0, end = 0; (end = all.find('\n', start)) != std::string::npos; start = end + 1, ++lines)
        ASSERT_TRUE(std::regex_match(all.substr(start, end - start), whole)) << all.substr(start, end - start);
    EXPECT_EQ(lines, 1600U);
}

}  // namespace
