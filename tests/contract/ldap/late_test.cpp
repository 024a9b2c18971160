// One answer that is late, and what else is on the same connection: it goes on as long as the server says anything.
#include "plugins/directory-ldap/dialer.hpp"
#include "plugins/directory-ldap/reasons.hpp"
#include "plugins/sdk/plugin.hpp"
#include "tests/contract/ldap/fault_proxy.hpp"
#include "tests/contract/ldap/world.hpp"
#include "tests/contract/run_until.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace stint::testing {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace ldap = directory_ldap;

ldap::Search search_for(const std::string& login) {
    return {.base = "ou=people,dc=example,dc=test", .scope = ldap::Scope::subtree, .filter = "(uid=" + login + ")", .attributes = {"uid"}};
}

/// What became of an operation that nobody waits for in the test's own coroutine.
struct Outcome {
    bool is_over = false, was_late = false, was_sent = false;
    std::optional<ldap::Reply> reply;
};

class LdapLate : public ::testing::Test {
protected:
    void SetUp() override { connect_by_proxy(64); }
    void TearDown() override {
        if (connection_) connection_->close("the test is over");
        if (dialer_) dialer_->stop();
        io_.restart();
        io_.poll();
    }
    void connect_by_proxy(int window) {
        auto settings = settings_for(slapd_, {proxy_.url()});
        settings.erase("bind_dn");
        settings.erase("bind_password_file");
        settings["sasl"] = "EXTERNAL";
        settings["operation_timeout"] = "2s";
        settings["window"] = window;
        connect(settings);
    }
    void connect(const json::object& settings) {
        if (connection_) connection_->close("another one");
        if (dialer_) dialer_->stop();
        dialer_ = std::make_shared<ldap::Dialer>(io_.get_executor(), ldap::read_settings(settings));
        connection_ = run(io_, dialer_->dial());
    }
    std::shared_ptr<Outcome> begin(ldap::Operation operation) {
        auto outcome = std::make_shared<Outcome>();
        asio::co_spawn(io_, follow(connection_, connection_->begin(std::move(operation)), outcome), [](std::exception_ptr) {});
        return outcome;
    }
    [[nodiscard]] bool wait_for(const std::function<bool()>& is_so) { return run_until(io_, is_so, 20s); }
    static asio::awaitable<void> follow(std::shared_ptr<ldap::Connection> connection, ldap::Connection::Pending pending, std::shared_ptr<Outcome> outcome) {
        try {
            outcome->reply = co_await connection->reply(std::move(pending));
        } catch (const ldap::ConnectionLost& error) {
            outcome->was_late = error.was_late();
            outcome->was_sent = error.was_sent();
        }
        outcome->is_over = true;
    }
    /// What search_all says of it.
    std::string failure_of(std::vector<ldap::Search> searches) {
        try {
            (void)run(io_, ldap::search_all(connection_, std::move(searches)));
        } catch (const sdk::PluginError&) {
            return "refused";
        } catch (const ldap::ConnectionLost& error) {
            return error.was_late() ? "late" : "lost";
        }
        return "none";
    }

    Slapd slapd_;
    FaultProxy proxy_{slapd_.folder()};
    asio::io_context io_;
    std::shared_ptr<ldap::Dialer> dialer_;
    std::shared_ptr<ldap::Connection> connection_;
};

TEST_F(LdapLate, ALateSearchIsGivenUpAloneAndWritesOnTheSameConnectionAreAnswered) {
    const int roots = proxy_.root_searches_seen();
    proxy_.swallow_searches(1);
    const auto search = begin(search_for("ada"));
    // Half its time has passed when somebody looks whether the server is there at all; the write begins then.
    ASSERT_TRUE(wait_for([&] { return proxy_.root_searches_seen() > roots || search->is_over; }));
    ASSERT_FALSE(search->is_over);
    proxy_.spoil(Fault::hold_request);
    const auto write = begin(ldap::Modify{.dn = Slapd::group_dn("ehr-reset"), .values = {{"member", Slapd::person_dn("ada")}}});
    ASSERT_TRUE(wait_for([&] { return search->is_over; }));
    EXPECT_TRUE(search->was_late && search->was_sent);
    EXPECT_FALSE(write->is_over) << "the write's own time is not up";
    EXPECT_TRUE(connection_->is_open());
    proxy_.spoil(Fault::none);
    ASSERT_TRUE(wait_for([&] { return write->is_over; }));
    ASSERT_TRUE(write->reply) << "the write must not be of unknown fate because of the search";
    EXPECT_EQ(write->reply->code, 0);
    ASSERT_TRUE(wait_for([&] { return proxy_.abandons_seen() == 1; })) << "the server is told not to go on";
    EXPECT_TRUE(connection_->is_open() && connection_->is_idle());
}

TEST_F(LdapLate, ASearchThatIsGivenUpLeavesItsPlaceToOthers) {
    connect_by_proxy(1);
    proxy_.swallow_searches(1);
    const auto first = begin(search_for("ada"));
    ASSERT_TRUE(wait_for([&] { return first->is_over; }));
    const auto second = begin(search_for("ben"));
    ASSERT_TRUE(wait_for([&] { return second->is_over; }));
    ASSERT_TRUE(second->reply);
    EXPECT_EQ(second->reply->entries.size(), 1U);
}

TEST_F(LdapLate, ABadReplyAmongManySearchesLeavesNoneBehind) {
    proxy_.swallow_searches(2);
    auto bad = search_for("ada");
    bad.filter = "(uid=";
    EXPECT_EQ(failure_of({search_for("ada"), search_for("ben"), bad}), "late");
    EXPECT_TRUE(connection_->is_idle());
    proxy_.swallow_searches(2);
    EXPECT_EQ(failure_of({bad, search_for("ada"), search_for("ben")}), "refused");
    EXPECT_TRUE(connection_->is_open() && connection_->is_idle()) << "nobody waits for the rest";
    EXPECT_TRUE(wait_for([&] { return proxy_.abandons_seen() == 4; }));
    const auto after = begin(search_for("ada"));
    ASSERT_TRUE(wait_for([&] { return after->is_over; }));
    EXPECT_TRUE(after->reply);
}

TEST_F(LdapLate, AServerThatSaysNothingAtAllIsLost) {
    slapd_.pause();
    const auto search = begin(search_for("ada"));
    ASSERT_TRUE(wait_for([&] { return search->is_over; }));
    EXPECT_TRUE(search->was_late);
    EXPECT_TRUE(wait_for([&] { return !connection_->is_open(); }));
    slapd_.resume();
}

TEST_F(LdapLate, ItIsLostToWhatIsStillInTheQueueToo) {
    connect_by_proxy(1);
    slapd_.pause();
    const auto orphan = connection_->begin(ldap::Operation(search_for("ada")));  // nobody waits for it
    const auto queued = begin(search_for("ben"));
    ASSERT_TRUE(wait_for([&] { return queued->is_over; }));
    EXPECT_TRUE(queued->was_late);
    EXPECT_FALSE(queued->was_sent);
    EXPECT_TRUE(wait_for([&] { return !connection_->is_open(); })) << "or all who come after would wait as long, in vain";
    slapd_.resume();
}

/// What TLS holds back is pushed on, too.
TEST_F(LdapLate, AServerThatDoesNotReadForAWhileGetsEverythingInTheEnd) {
    connect(settings_for(slapd_));
    slapd_.pause();
    std::vector<std::shared_ptr<Outcome>> all;
    for (int i = 0; i < 150; ++i) all.push_back(begin(search_for(std::string(100'000, 'x'))));
    io_.restart();
    io_.poll();
    EXPECT_TRUE(connection_->is_open()) << connection_->why_lost();
    slapd_.resume();
    for (const auto& one : all) {
        ASSERT_TRUE(wait_for([&] { return one->is_over; }));
        ASSERT_TRUE(one->reply) << connection_->why_lost();
        EXPECT_TRUE(one->reply->entries.empty());
    }
}

TEST_F(LdapLate, ALateWriteIsOfUnknownFateAndEndsTheConnection) {
    proxy_.spoil(Fault::swallow_request);
    const auto write = begin(ldap::Modify{.dn = Slapd::group_dn("ehr-reset"), .values = {{"member", Slapd::person_dn("ada")}}});
    ASSERT_TRUE(wait_for([&] { return write->is_over; }));
    EXPECT_TRUE(write->was_sent && write->was_late);
    EXPECT_FALSE(connection_->is_open());
}

}  // namespace
}  // namespace stint::testing
