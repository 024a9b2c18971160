// The suite every channel passes; see the header.
#include "tests/contract/notifier_contract.hpp"

#include <algorithm>

namespace stint::testing {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(NotifierContract);

namespace {

Notice notice(int number) {
    return {"approval_wanted",
            RequestId{number},
            {{PersonId("1"), Login("ada"), "Ada Osei", "ada@example.test"}, {PersonId("2"), Login("zoë"), "Zoë Lind", "zoe@example.test"}},
            "Approve request " + std::to_string(number),
            {"Ada asks for ehr-password-reset.", "Reason: Zoë 太郎 is locked out."},
            {"stint approve " + std::to_string(number)},
            "",
            Utc(std::chrono::seconds(1'790'000'000))};
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_P(NotifierContract, a_notice_arrives_with_all_that_is_in_it) {
    EXPECT_FALSE(world().notifier().name().empty());
    deliver(notice(7), "k1");
    const auto messages = world().messages();
    ASSERT_EQ(messages.size(), 1U);
    for (const std::string_view part : {"Approve request 7", "Ada asks for ehr-password-reset.", "Reason: Zoë 太郎 is locked out.", "stint approve 7", "ada@example.test", "zoe@example.test"})
        EXPECT_TRUE(holds(messages[0], part)) << part << " in\n" << messages[0];
}

TEST_P(NotifierContract, the_same_key_is_one_message_where_it_can_tell) {
    for (int times = 0; times < 3; ++times) deliver(notice(7), "k1");
    world().restart();
    deliver(notice(7), "k1");
    deliver(notice(7), "k2");
    EXPECT_EQ(world().messages().size(), world().knows_keys() ? 2U : 5U);
}

TEST_P(NotifierContract, many_at_once_all_arrive) {
    constexpr int many = 50;
    int done = 0;
    for (int number = 0; number < many; ++number)
        boost::asio::co_spawn(world().io(), world().notifier().deliver(notice(number), "k" + std::to_string(number)), [&](std::exception_ptr error) {
            EXPECT_FALSE(error);
            ++done;
        });
    ASSERT_TRUE(run_until(world().io(), [&] { return done == many; }));
    EXPECT_EQ(world().messages().size(), static_cast<std::size_t>(many));
}

TEST_P(NotifierContract, nothing_in_a_text_can_move_a_terminal_or_forge_a_line) {
    Notice odd = notice(1);
    odd.subject = "Hello\r\nBcc: everyone@example.test\x1b[2J\u202e";
    odd.lines = {"one\r\nSubject: forged", "\x1b]0;title\x07\x7f\u2028x", std::string(2'000, 'y')};
    odd.recipients[0].name = "Ada\nTo: <mallory@example.test>";
    deliver(odd, "k1");
    const auto messages = world().messages();
    ASSERT_EQ(messages.size(), 1U);
    for (const char letter : messages[0]) EXPECT_TRUE(static_cast<unsigned char>(letter) >= 0x20 || letter == '\n' || letter == '\t' || letter == '\r');
    EXPECT_FALSE(holds(messages[0], "\x7f") || holds(messages[0], "\u202e") || holds(messages[0], "\u2028"));
    for (const std::string_view forged : {"\nBcc:", "\nTo: <mallory", "\nSubject: forged"}) EXPECT_FALSE(holds(messages[0], forged)) << forged;
}

}  // namespace
}  // namespace stint::testing
