// A peer on a small socket that reads when the test lets it: what is written in part is pushed on, by nobody's leave.
#include "plugins/directory-ldap/connection.hpp"
#include "tests/contract/run_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>
#include <ldap.h>
#include <openldap.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>

namespace stint::directory_ldap {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using testing::run_until;

std::string element(unsigned char tag, const std::string& contents) {
    const auto size = contents.size();
    std::string out(1, static_cast<char>(tag));
    if (size < 0x80) return out + static_cast<char>(size) + contents;
    return out + '\x83' + static_cast<char>(size >> 16U) + static_cast<char>(size >> 8U & 0xFFU) + static_cast<char>(size & 0xFFU) + contents;
}

/// The whole first element of these bytes; 0 while it is not complete (RFC 4511, 5.1).
std::size_t whole_at_start(const std::string& bytes) {
    if (bytes.size() < 6) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    std::size_t length = byte(1), header = 2;
    if ((length & 0x80U) != 0) {
        const auto count = length & 0x7FU;
        length = 0;
        for (std::size_t i = 0; i < count; ++i) length = length << 8U | byte(2 + i);
        header += count;
    }
    return bytes.size() < header + length ? 0 : header + length;
}

/// Where the message's number stands, as an element.
std::string id_of(const std::string& frame) {
    const auto first = static_cast<unsigned char>(frame[1]);
    const std::size_t at = 2 + ((first & 0x80U) != 0 ? first & 0x7FU : 0U);
    return frame.substr(at, 2U + static_cast<unsigned char>(frame[at + 1]));
}

std::string result(unsigned char tag) { return element(tag, element(0x0A, std::string(1, '\0')) + element(0x04, "") + element(0x04, "")); }

/// A search whose request has so many bytes, and some.
Search long_search(std::size_t bytes) {
    return {.base = "dc=test", .scope = Scope::base, .filter = "(cn=" + std::string(bytes, 'x') + ")", .attributes = {}};
}

struct Outcome {
    bool is_over = false;
    std::optional<Reply> reply;
    std::string why;
};

class LdapConnection : public ::testing::Test {
protected:
    void SetUp() override {
        std::array<int, 2> ends{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        const int small = 4096;
        ASSERT_EQ(::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
        LDAP* handle = nullptr;
        ASSERT_EQ(::ldap_init_fd(ends[0], LDAP_PROTO_IPC, "ldapi://%2Fnowhere", &handle), LDAP_SUCCESS);
        const int version = LDAP_VERSION3;
        ASSERT_EQ(::ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version), LDAP_OPT_SUCCESS);
        peer_ = ends[1];
        const ConnectionLimits limits{.window = 64, .operation = 20s, .max_entries = 3};
        connection_ = std::make_shared<Connection>(io_.get_executor(), handle, ends[0], "the peer", limits);
        connection_->start();
    }
    void TearDown() override {
        connection_->close("the test is over");
        ::close(peer_);
        io_.restart();
        io_.poll();
    }
    std::shared_ptr<Outcome> begin(Operation operation) {
        auto outcome = std::make_shared<Outcome>();
        asio::co_spawn(io_, follow(connection_, connection_->begin(std::move(operation)), outcome), [](std::exception_ptr) {});
        return outcome;
    }
    static asio::awaitable<void> follow(std::shared_ptr<Connection> connection, Connection::Pending pending, std::shared_ptr<Outcome> outcome) {
        try {
            outcome->reply = co_await connection->reply(std::move(pending));
        } catch (const ConnectionLost& error) {
            outcome->why = error.what();
        }
        outcome->is_over = true;
    }
    /// Reads what is there; one whole request when there is one.
    std::optional<std::string> request() {
        std::array<char, 65536> bytes{};
        const auto count = ::recv(peer_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count > 0) received_.append(bytes.data(), static_cast<std::size_t>(count));
        const auto whole = whole_at_start(received_);
        if (whole == 0) return std::nullopt;
        const auto frame = received_.substr(0, whole);
        received_.erase(0, whole);
        return frame;
    }
    std::string next_request() {
        std::optional<std::string> frame;
        if (!run_until(io_, [&] { return (frame = request()).has_value(); }, 10s))
            throw std::runtime_error("of a request, " + std::to_string(received_.size()) + " bytes came and no more");
        return *frame;
    }
    void say(const std::string& frame) { ASSERT_EQ(::send(peer_, frame.data(), frame.size(), MSG_NOSIGNAL), static_cast<ssize_t>(frame.size())); }
    void answer(const std::string& request, unsigned char tag = 0x65) { say(element(0x30, id_of(request) + result(tag))); }

    asio::io_context io_;
    std::shared_ptr<Connection> connection_;
    int peer_ = -1;
    std::string received_;
};

TEST_F(LdapConnection, ARequestLargerThanTheSocketsBufferIsPushedOn) {
    const auto search = begin(long_search(300'000));
    const auto whole = next_request();
    EXPECT_GT(whole.size(), 300'000U);
    answer(whole);
    ASSERT_TRUE(run_until(io_, [&] { return search->is_over; }, 10s));
    ASSERT_TRUE(search->reply) << search->why;
    EXPECT_EQ(search->reply->code, 0);
}

TEST_F(LdapConnection, AFullSocketMakesTheOthersWaitAndLosesNobody) {
    std::vector<std::shared_ptr<Outcome>> all{begin(long_search(100'000))};
    for (int i = 0; i < 5; ++i) all.push_back(begin(long_search(50'000)));
    all.push_back(begin(Modify{.dn = "cn=g,dc=test", .values = {{"member", "cn=p,dc=test"}}}));
    EXPECT_TRUE(connection_->is_open()) << connection_->why_lost();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto frame = next_request();
        answer(frame, frame.size() < 1000 ? 0x67 : 0x65);
    }
    for (const auto& one : all) {
        ASSERT_TRUE(run_until(io_, [&] { return one->is_over; }, 10s));
        EXPECT_TRUE(one->reply) << one->why;
    }
    EXPECT_TRUE(connection_->is_open() && connection_->is_idle());
}

TEST_F(LdapConnection, ASearchThatIsAbandonedHalfWrittenDoesNotGarbleWhatFollows) {
    const auto pending = connection_->begin(Operation(long_search(100'000)));
    connection_->abandon(pending);
    const auto next = begin(long_search(10));
    const auto first = next_request(), second = next_request();
    EXPECT_GT(first.size(), 100'000U);
    answer(first);
    answer(second);
    ASSERT_TRUE(run_until(io_, [&] { return next->is_over; }, 10s));
    EXPECT_TRUE(next->reply) << next->why;
    EXPECT_TRUE(connection_->is_idle());
}

TEST_F(LdapConnection, AnAnswerWithTooManyEntriesCostsThisSearchAlone) {
    const auto search = begin(long_search(10));
    const auto write = begin(Modify{.dn = "cn=g,dc=test", .values = {{"member", "cn=p,dc=test"}}});
    const auto asked = next_request(), written = next_request();
    for (int i = 0; i < 5; ++i) say(element(0x30, id_of(asked) + element(0x64, element(0x04, "cn=e,dc=test") + element(0x30, ""))));
    ASSERT_TRUE(run_until(io_, [&] { return search->is_over; }, 10s));
    ASSERT_TRUE(search->reply) << search->why;
    EXPECT_EQ(search->reply->code, LDAP_SIZELIMIT_EXCEEDED);
    answer(written, 0x67);
    ASSERT_TRUE(run_until(io_, [&] { return write->is_over; }, 10s));
    EXPECT_TRUE(write->reply) << write->why;
}

}  // namespace
}  // namespace stint::directory_ldap
