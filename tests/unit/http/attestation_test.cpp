// Who a caller is: the kernel's word and NSS's, from a thread of its own. Runs under ThreadSanitizer too.
#include "http/attestation.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <pwd.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace stint::http {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using Login = std::optional<std::string>;

const LoginAnswer nobody{std::nullopt, true}, not_told{std::nullopt, false};
LoginAnswer told(const std::string& login) { return {login, true}; }

class Logins : public testing::Test {
protected:
    /// Asks for all of them at once and runs until each is answered.
    std::vector<LoginAnswer> ask(LoginBook& book, const std::vector<Uid>& uids) {
        std::vector<LoginAnswer> answers(uids.size());
        for (std::size_t i = 0; i < uids.size(); ++i)
            asio::co_spawn(io_, book.login_of(uids[i]), [&answers, i](std::exception_ptr error, LoginAnswer answer) {
                EXPECT_FALSE(error);
                answers[i] = std::move(answer);
            });
        io_.restart();
        io_.run();
        return answers;
    }
    asio::io_context io_{1};
};

TEST(PeerUid, IsTheKernelsWord) {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    EXPECT_EQ(peer_uid(pair[0]), ::getuid());
    ::close(pair[0]);
    ::close(pair[1]);
}

TEST(PeerUid, AnyErrorIsNobody) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    EXPECT_FALSE(peer_uid(pipe[0])) << "no socket";
    ::close(pipe[0]);
    ::close(pipe[1]);
    EXPECT_FALSE(peer_uid(-1));
    const int tcp = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_FALSE(peer_uid(tcp)) << "the kernel says -1 for a socket that has no such peer";
    ::close(tcp);
    const int unconnected = ::socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_FALSE(peer_uid(unconnected));
    ::close(unconnected);
}

TEST(PeerUid, TheUidsThatMeanNobodyAreNobody) {
    EXPECT_FALSE(is_somebody(4294967295U));
    EXPECT_FALSE(is_somebody(65534U));
    EXPECT_TRUE(is_somebody(0U));
    EXPECT_TRUE(is_somebody(2147483648U)) << "a large uid is no negative one";
}

TEST(Nss, KnowsOurselvesAndNobodyElse) {
    const passwd* me = ::getpwuid(::getuid());
    ASSERT_NE(me, nullptr);
    EXPECT_EQ(login_by_nss(::getuid()), me->pw_name);
    EXPECT_FALSE(login_by_nss(4'123'456'789U));
}

TEST_F(Logins, AreAskedForOnceWhileTheyAreFresh) {
    std::atomic<int> asked{0};
    LoginBook book(io_.get_executor(), [&](Uid uid) { return ++asked, Login("user" + std::to_string(uid)); }, {});
    EXPECT_EQ(ask(book, {1, 1, 2, 1}), (std::vector<LoginAnswer>{told("user1"), told("user1"), told("user2"), told("user1")}));
    EXPECT_EQ(asked, 2);
    ask(book, {1, 2});
    EXPECT_EQ(asked, 2);
}

TEST_F(Logins, AreAskedForAgainWhenTheyAreStale) {
    std::atomic<int> asked{0};
    LoginBook book(io_.get_executor(), [&](Uid) { return Login(++asked == 1 ? "before" : "after"); }, {0ms, 0ms, 10s});
    EXPECT_EQ(ask(book, {1}), (std::vector<LoginAnswer>{told("before")}));
    EXPECT_EQ(ask(book, {1}), (std::vector<LoginAnswer>{told("after")}));
}

TEST_F(Logins, NobodyIsAnAnswerForAShortWhile) {
    std::atomic<int> asked{0};
    LoginBook book(io_.get_executor(), [&](Uid) { return ++asked, Login(); }, {});
    EXPECT_EQ(ask(book, {7, 7}), (std::vector<LoginAnswer>{nobody, nobody}));
    EXPECT_EQ(asked, 1);
}

TEST_F(Logins, AThrowingLookUpTellsNothing) {
    LoginBook book(io_.get_executor(), [](Uid) -> Login { throw std::runtime_error("nss"); }, {});
    EXPECT_EQ(ask(book, {7}), (std::vector<LoginAnswer>{not_told}));
}

TEST_F(Logins, NssIsNotAskedForUidsThatMeanNobody) {
    std::atomic<int> asked{0};
    LoginBook book(io_.get_executor(), [&](Uid) { return ++asked, Login("root"); }, {});
    EXPECT_EQ(ask(book, {4294967295U, 65534U}), (std::vector<LoginAnswer>{nobody, nobody}));
    EXPECT_EQ(asked, 0);
}

/// A hanging NSS costs those who wait for it their patience, and nobody anything more.
TEST_F(Logins, PatienceEndsAndALateAnswerIsUsedNextTime) {
    std::promise<void> let_go;
    auto gone = let_go.get_future().share();
    std::atomic<int> asked{0};
    LoginBook book(io_.get_executor(), [&, gone](Uid) { return gone.wait(), ++asked, Login("late"); }, {60s, 5s, 30ms});
    EXPECT_EQ(ask(book, {1, 1}), (std::vector<LoginAnswer>{not_told, not_told}));
    EXPECT_EQ(ask(book, {1}), (std::vector<LoginAnswer>{not_told})) << "at once, and not asked for a second time";
    let_go.set_value();
    for (int tries = 0; asked == 0 && tries < 1000; ++tries) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::vector<LoginAnswer> answer;
    for (int tries = 0; tries < 1000 && answer != std::vector<LoginAnswer>{told("late")}; ++tries) answer = ask(book, {1});
    EXPECT_EQ(answer, (std::vector<LoginAnswer>{told("late")}));
    EXPECT_EQ(asked, 1);
}

/// Somebody with very many uids does not come before those who have a login.
TEST_F(Logins, WhoHadALoginIsLookedUpFirst) {
    std::promise<void> let_go;
    auto gone = let_go.get_future().share();
    std::vector<Uid> order;
    LoginBook book(io_.get_executor(), [&](Uid uid) {
        if (uid == 100) gone.wait();
        order.push_back(uid);
        return uid == 1 ? Login("ada") : Login();
    }, {0ms, 0ms, 30s});
    EXPECT_EQ(ask(book, {1}), (std::vector<LoginAnswer>{told("ada")}));
    order.clear();
    asio::post(io_, [&] { let_go.set_value(); });  // after all have asked
    ask(book, {100, 101, 102, 103, 1});
    EXPECT_EQ(order, (std::vector<Uid>{100, 1, 101, 102, 103}));
}

TEST_F(Logins, TheBookMayGoWhileSomebodyWaits) {
    auto book = std::make_unique<LoginBook>(io_.get_executor(), [](Uid) { return Login("ada"); }, LoginBook::Times{});
    bool is_answered = false;
    asio::co_spawn(io_, book->login_of(1), [&](std::exception_ptr, LoginAnswer) { is_answered = true; });
    io_.poll_one();
    book.reset();
    io_.run();
    EXPECT_TRUE(is_answered);
}

}  // namespace
}  // namespace stint::http
