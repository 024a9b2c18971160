// Who is at the other end: the uid the kernel attests, and the login that NSS has for it. Nothing else says who a
// caller is; any doubt is nobody.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace stint::http {

using Uid = std::uint32_t;

/// SO_PEERCRED of a connected unix socket. nullopt on any error, and for uid -1 and 65534 (the overflow uid: what the
/// kernel says when it cannot say).
[[nodiscard]] std::optional<Uid> peer_uid(int socket) noexcept;
[[nodiscard]] bool is_somebody(Uid uid) noexcept;

/// Blocks as long as NSS does. nullopt when nobody has the uid; throws std::system_error when NSS could not tell.
[[nodiscard]] std::optional<std::string> login_by_nss(Uid uid);

/// Whose uid it is, as far as it could be learnt.
struct LoginAnswer {
    std::optional<std::string> login;   ///< nullopt: nobody's, if `is_known`
    bool is_known = true;               ///< false: NSS did not answer, or not yet
    friend bool operator==(const LoginAnswer&, const LoginAnswer&) = default;
};

/// Looks logins up on a thread of its own, one at a time, and remembers them for a short while. NSS may ask the network
/// and may hang; nobody waits for it but who has to, and who had a login before is looked up before who had none: one
/// user may come with very many uids. All members are called on the executor's thread.
class LoginBook {
public:
    using LookUp = std::function<std::optional<std::string>(Uid)>;
    struct Times {
        std::chrono::milliseconds known{60'000}, unknown{5'000}, patience{10'000};
    };

    LoginBook(boost::asio::any_io_executor executor, LookUp look_up, Times times);
    /// Waits for a look-up under way.
    ~LoginBook();
    LoginBook(const LoginBook&) = delete;
    LoginBook& operator=(const LoginBook&) = delete;

    /// Waits for `patience` at most.
    [[nodiscard]] boost::asio::awaitable<LoginAnswer> login_of(Uid uid);

private:
    using Clock = std::chrono::steady_clock;
    struct Entry {
        LoginAnswer answer;
        Clock::time_point until;                          ///< of use so long
        std::shared_ptr<boost::asio::steady_timer> done;  ///< while it is looked up: cancelled when it is known
    };
    /// Outlives the book: shared with answers under way.
    struct Shelf {
        LoginBook* book = nullptr;                        ///< null when it is gone
        std::unordered_map<Uid, Entry> entries;
        std::deque<Uid> known, others;                    ///< to be looked up, those that had a login first
        bool is_looking = false;
    };
    void ask(Uid uid);
    void look_up_next();
    static void learn(Shelf& shelf, Uid uid, LoginAnswer answer, Times times);
    void make_room();

    static constexpr std::size_t most_entries = 4096;
    boost::asio::any_io_executor executor_;
    std::shared_ptr<const LookUp> look_up_;
    Times times_;
    std::shared_ptr<Shelf> shelf_;
    boost::asio::thread_pool thread_{1};
};

}  // namespace stint::http
