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
#include <system_error>
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
    int error = 0;
    for (std::vector<char> space(4096); space.size() <= most; space.resize(space.size() * 4)) {
        passwd entry{};
        passwd* found = nullptr;
        error = ::getpwuid_r(uid, &entry, space.data(), space.size(), &found);
        if (error == ERANGE || error == EINTR) continue;
        // The four that getpwuid_r(3) lists for "not found", beside plain success.
        const bool is_told = error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
        if (!is_told) break;
        if (error != 0 || found == nullptr || found->pw_uid != uid || found->pw_name == nullptr) return std::nullopt;
        if (*found->pw_name == '\0') return std::nullopt;
        return std::string(found->pw_name);
    }
    throw std::system_error(error, std::generic_category(), "the name service could not look uid " + std::to_string(uid) + " up");
}

LoginBook::LoginBook(asio::any_io_executor executor, LookUp look_up, Times times)
    : executor_(std::move(executor)),
      look_up_(std::make_shared<const LookUp>(std::move(look_up))),
      times_(times),
      shelf_(std::make_shared<Shelf>()) {
    shelf_->book = this;
}

LoginBook::~LoginBook() {
    shelf_->book = nullptr;
    for (const auto& [uid, entry] : shelf_->entries) {
        if (entry.done) entry.done->cancel();
    }
    thread_.stop();
    thread_.join();
}

asio::awaitable<LoginAnswer> LoginBook::login_of(Uid uid) {
    if (!is_somebody(uid)) co_return LoginAnswer{};
    const auto before = shelf_->entries.find(uid);
    const bool is_usable = before != shelf_->entries.end() && (before->second.done || before->second.until > Clock::now());
    if (!is_usable) ask(uid);
    const auto shelf = shelf_;  // from here on nothing of *this is touched: it may be gone when the wait ends
    if (const auto done = shelf->entries.at(uid).done) {
        boost::system::error_code cancelled;
        co_await done->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
    const auto found = shelf->entries.find(uid);
    if (found == shelf->entries.end() || found->second.done) co_return LoginAnswer{std::nullopt, false};
    co_return found->second.answer;
}

void LoginBook::ask(Uid uid) {
    make_room();
    Entry& entry = shelf_->entries[uid];
    entry.done = std::make_shared<asio::steady_timer>(executor_, times_.patience);
    (entry.answer.login ? shelf_->known : shelf_->others).push_back(uid);
    look_up_next();
}

void LoginBook::look_up_next() {
    auto& queue = shelf_->known.empty() ? shelf_->others : shelf_->known;
    if (shelf_->is_looking || queue.empty()) return;
    shelf_->is_looking = true;
    const Uid uid = queue.front();
    queue.pop_front();
    asio::post(thread_, [look_up = look_up_, executor = executor_, weak = std::weak_ptr(shelf_), times = times_, uid] {
        LoginAnswer answer;
        try {
            answer.login = (*look_up)(uid);
        } catch (const std::exception& error) {
            answer.is_known = false;
            log::warning("http.login_look_up_failed", {{"what", error.what()}});
        }
        asio::post(executor, [weak, uid, times, answer = std::move(answer)] {
            if (const auto shelf = weak.lock()) learn(*shelf, uid, answer, times);
        });
    });
}

void LoginBook::learn(Shelf& shelf, Uid uid, LoginAnswer answer, Times times) {
    const auto found = shelf.entries.find(uid);
    if (found != shelf.entries.end()) {
        found->second.until = Clock::now() + (answer.login ? times.known : times.unknown);
        found->second.answer = std::move(answer);
        if (found->second.done) found->second.done->cancel();
        found->second.done.reset();
    }
    shelf.is_looking = false;
    if (shelf.book != nullptr) shelf.book->look_up_next();
}

/// Entries are few (one a local account), unless somebody has very many uids at hand: then those without a login go first.
void LoginBook::make_room() {
    if (shelf_->entries.size() < most_entries) return;
    std::erase_if(shelf_->entries, [](const auto& one) { return !one.second.done && !one.second.answer.login; });
    if (shelf_->entries.size() < most_entries) return;
    std::erase_if(shelf_->entries, [](const auto& one) { return !one.second.done; });
}

}  // namespace stint::http
