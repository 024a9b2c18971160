// Peer credentials and NSS. The look-up's thread touches nothing of ours but the function it was given: what it found
// travels to the executor's thread in a message.
#include "http/attestation.hpp"

#include "log/log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <pwd.h>
#include <sys/socket.h>
#include <vector>

namespace stint::http {

namespace asio = boost::asio;

bool is_somebody(Uid uid) noexcept { return uid != 4294967295U && uid != 65534U; }

std::optional<Uid> peer_uid(int socket) noexcept {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || size != sizeof credentials) return std::nullopt;
    if (!is_somebody(credentials.uid)) return std::nullopt;
    return credentials.uid;
}

std::optional<std::string> login_by_nss(Uid uid) {
    constexpr std::size_t most = 1024 * 1024;
    for (std::vector<char> space(4096); space.size() <= most; space.resize(space.size() * 4)) {
        passwd entry{};
        passwd* found = nullptr;
        const int error = ::getpwuid_r(uid, &entry, space.data(), space.size(), &found);
        if (error == ERANGE || error == EINTR) continue;
        if (error != 0 || found == nullptr || found->pw_uid != uid || found->pw_name == nullptr) return std::nullopt;
        if (*found->pw_name == '\0') return std::nullopt;
        return std::string(found->pw_name);
    }
    return std::nullopt;
}

LoginBook::LoginBook(asio::any_io_executor executor, LookUp look_up, Times times)
    : executor_(std::move(executor)),
      look_up_(std::make_shared<const LookUp>(std::move(look_up))),
      times_(times),
      entries_(std::make_shared<std::unordered_map<Uid, Entry>>()) {}

LoginBook::~LoginBook() {
    for (const auto& [uid, entry] : *entries_) {
        if (entry.done) entry.done->cancel();
    }
    thread_.stop();
    thread_.join();
}

asio::awaitable<std::optional<std::string>> LoginBook::login_of(Uid uid) {
    if (!is_somebody(uid)) co_return std::nullopt;
    const auto known = entries_->find(uid);
    const bool is_usable = known != entries_->end() && (known->second.done || known->second.until > Clock::now());
    if (!is_usable) ask(uid);
    const auto entries = entries_;  // from here on nothing of *this is touched: it may be gone when the wait ends
    if (const auto done = entries->at(uid).done) {
        boost::system::error_code cancelled;
        co_await done->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
    const auto found = entries->find(uid);
    if (found == entries->end() || found->second.done) co_return std::nullopt;
    co_return found->second.login;
}

void LoginBook::ask(Uid uid) {
    make_room();
    Entry& entry = (*entries_)[uid];
    entry.done = std::make_shared<asio::steady_timer>(executor_, times_.patience);
    const auto learn = [entries = std::weak_ptr(entries_), uid, times = times_](std::optional<std::string> login) {
        const auto book = entries.lock();
        if (!book) return;
        const auto found = book->find(uid);
        if (found == book->end()) return;
        found->second.until = Clock::now() + (login ? times.known : times.unknown);
        found->second.login = std::move(login);
        if (found->second.done) found->second.done->cancel();
        found->second.done.reset();
    };
    asio::post(thread_, [look_up = look_up_, executor = executor_, learn, uid] {
        std::optional<std::string> login;
        try {
            login = (*look_up)(uid);
        } catch (const std::exception& error) {
            log::warning("http.login_look_up_failed", {{"what", error.what()}});
        }
        asio::post(executor, [learn, login = std::move(login)] { learn(login); });
    });
}

/// Entries are few (one a local account), unless somebody has very many uids at hand.
void LoginBook::make_room() {
    if (entries_->size() < most_entries) return;
    std::erase_if(*entries_, [](const auto& entry) { return !entry.second.done; });
}

}  // namespace stint::http
