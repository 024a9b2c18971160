// The suite every ticket system passes; see the header.
#include "tests/contract/ticket_contract.hpp"

namespace stint::testing {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TicketContract);

std::optional<FaultKind> TicketContract::fault_of(boost::asio::awaitable<void> work) {
    try {
        run(world_->io(), std::move(work));
        return std::nullopt;
    } catch (const Fault& fault) {
        return fault.kind();
    }
}

std::optional<FaultKind> TicketContract::fault_of(boost::asio::awaitable<Ticket> work) {
    try {
        static_cast<void>(run(world_->io(), std::move(work)));
        return std::nullopt;
    } catch (const Fault& fault) {
        return fault.kind();
    }
}

namespace {

Ticket ticket(const std::string& id) { return {TicketId(id), "open", Login("ada"), "Password reset", "account", "dr.mensah", false}; }

TEST_P(TicketContract, the_facts_are_told_as_they_stand) {
    world().put(ticket("INC0001"));
    world().put({TicketId("INC0002"), "open", Login(""), "Zoë's \"screen\"", "", "", false});
    const Ticket one = lookup("INC0001"), two = lookup("INC0002");
    EXPECT_EQ(one.id, TicketId("INC0001"));
    EXPECT_EQ(one.state, "open");
    EXPECT_EQ(one.assignee, Login("ada"));
    EXPECT_EQ(one.subject, "Password reset");
    EXPECT_EQ(one.category, "account");
    EXPECT_EQ(one.affected, "dr.mensah");
    EXPECT_FALSE(one.is_closed);
    EXPECT_TRUE(two.assignee.empty());
    EXPECT_EQ(two.subject, "Zoë's \"screen\"");
}

TEST_P(TicketContract, what_changes_is_seen_at_once) {
    world().put(ticket("INC0001"));
    EXPECT_FALSE(lookup("INC0001").is_closed);
    Ticket closed = ticket("INC0001");
    closed.state = "closed";
    closed.assignee = Login("ben");
    closed.is_closed = true;
    world().put(closed);
    EXPECT_TRUE(lookup("INC0001").is_closed);
    EXPECT_EQ(lookup("INC0001").assignee, Login("ben"));
    world().drop(TicketId("INC0001"));
    EXPECT_EQ(fault_of(world().tickets().lookup(TicketId("INC0001"))), FaultKind::not_found);
}

TEST_P(TicketContract, what_is_no_ticket_is_not_found) {
    world().put(ticket("INC0001"));
    using namespace std::string_literals;
    for (const std::string& id : {"INC9999"s, ""s, "INC0001 "s, "../INC0001"s, "INC0001\0"s, "INC0001\n"s, "*"s, "INC0001' OR '1'='1"s, "INC0001/../../x"s, std::string(100'000, '1')})
        EXPECT_EQ(fault_of(world().tickets().lookup(TicketId(id))), FaultKind::not_found) << id.substr(0, 40);
    EXPECT_EQ(fault_of(world().tickets().lookup(TicketId("\xFF"))), FaultKind::refused);  // cannot even be asked
    EXPECT_EQ(lookup("INC0001").id, TicketId("INC0001"));
}

TEST_P(TicketContract, a_note_is_left_once_for_each_key) {
    world().put(ticket("INC0001"));
    world().put(ticket("INC0002"));
    note("INC0001", "opened", "k1");
    note("INC0001", "opened", "k1");
    note("INC0001", "closed", "k2");
    note("INC0002", "opened", "k3");
    EXPECT_EQ(world().notes(TicketId("INC0001")), (std::vector<std::string>{"opened", "closed"}));
    EXPECT_EQ(world().notes(TicketId("INC0002")), (std::vector<std::string>{"opened"}));
}

TEST_P(TicketContract, a_key_is_remembered_over_a_restart) {
    world().put(ticket("INC0001"));
    note("INC0001", "opened", "k1");
    world().restart();
    note("INC0001", "opened", "k1");
    EXPECT_EQ(world().notes(TicketId("INC0001")), (std::vector<std::string>{"opened"}));
}

TEST_P(TicketContract, any_text_is_one_note) {
    world().put(ticket("INC0001"));
    const std::vector<std::string> texts = {"two\nlines", "tab\tand \"quotes\" and \\", "Zoë 太郎 🙂", std::string(3'000, 'x')};
    for (std::size_t number = 0; number < texts.size(); ++number) note("INC0001", texts[number], "k" + std::to_string(number));
    EXPECT_EQ(world().notes(TicketId("INC0001")), texts);
}

TEST_P(TicketContract, no_note_without_a_ticket) {
    world().put(ticket("INC0001"));
    EXPECT_EQ(fault_of(world().tickets().note(TicketId("INC9999"), "x", "k1")), FaultKind::not_found);
    EXPECT_EQ(world().notes(TicketId("INC9999")), std::vector<std::string>{});
    note("INC0001", "x", "k1");  // the key was not used up
    EXPECT_EQ(world().notes(TicketId("INC0001")).size(), 1U);
}

}  // namespace
}  // namespace stint::testing
