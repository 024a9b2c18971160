// What counts as plain text: the judgement that keeps terminals, mails and the log clean.
#include "wire/plain_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stint::wire {
namespace {

using namespace std::string_literals;

TextVerdict judge(const std::string& text) { return judge_text(text, 10); }

TEST(PlainText, OrdinaryTextOfAnyScriptIsPlain) {
    for (const std::string text : {"", "reset", "Zürich", "日本語", "שלום", "naïve ✓", "😀"}) EXPECT_EQ(judge(text), TextVerdict::plain) << text;
}

TEST(PlainText, TheLimitCountsCodePoints) {
    EXPECT_EQ(judge("0123456789"), TextVerdict::plain);
    EXPECT_EQ(judge("01234567890"), TextVerdict::too_long);
    EXPECT_EQ(judge("éééééééééé"), TextVerdict::plain);
    EXPECT_EQ(judge("ééééééééééé"), TextVerdict::too_long);
}

TEST(PlainText, EveryControlCharacterIsRefused) {
    for (int point = 0; point < 0x20; ++point) EXPECT_EQ(judge("a"s + static_cast<char>(point)), TextVerdict::not_allowed) << point;
    EXPECT_EQ(judge("a\x7F"), TextVerdict::not_allowed);
    for (int point = 0x80; point <= 0x9F; ++point) EXPECT_EQ(judge("\xC2"s + static_cast<char>(point)), TextVerdict::not_allowed) << point;
}

TEST(PlainText, WhatChangesTheDirectionOfWritingOrHidesIsRefused) {
    for (const std::string text : {"\u202E", "\u202A", "\u202B", "\u202C", "\u202D", "\u2066", "\u2067", "\u2068", "\u2069", "\u200E", "\u200F",
                                   "\u061C", "\u2028", "\u2029", "\U000E0041"})
        EXPECT_EQ(judge("a" + text + "b"), TextVerdict::not_allowed) << testing::PrintToString(text);
}

TEST(PlainText, WhatIsNotUtf8IsRefused) {
    for (const std::string& text : {"\x80"s, "\xC0\x80"s, "\xC1\xBF"s, "\xE0\x80\x80"s, "\xED\xA0\x80"s, "\xF0\x80\x80\x80"s, "\xF4\x90\x80\x80"s,
                                    "\xF5\x80\x80\x80"s, "\xC3"s, "\xE2\x82"s, "\xF0\x9F\x98"s, "\xC3\x28"s, "\xFF"s})
        EXPECT_EQ(judge(text), TextVerdict::not_allowed) << testing::PrintToString(text);
}

TEST(PlainText, BlankIsWhatShowsNothing) {
    for (const std::string text : {"", " ", " \u00A0\u3000", "\u200B", "\uFEFF", "\u2003"}) EXPECT_TRUE(is_blank(text));
    for (const std::string text : {"a", " a ", "\xFF"}) EXPECT_FALSE(is_blank(text));
}

}  // namespace
}  // namespace stint::wire
