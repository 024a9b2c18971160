// Non-blocking throughout; the waiting is poll.hpp's.
#include "client/cli/socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace stint::cli {
namespace {

std::string error_text(int error) { return std::generic_category().message(error); }

/// The system's word for it says little about a file that is no socket, or one that nobody has taken away.
std::string why_not(const std::string& path, int error) {
    struct stat status {};
    if (error == EAGAIN) return "it is too busy to answer";
    if (error == EACCES) return "you may not use it (" + error_text(error) + ")";
    if (error != ECONNREFUSED || ::stat(path.c_str(), &status) != 0) return error_text(error);
    return S_ISSOCK(status.st_mode) ? "nobody listens there" : "it is no socket";
}

void wait_ready(int fd, short what, Clock::time_point deadline) {
    std::array fds{pollfd{fd, what, 0}};
    if (wait_for(fds, deadline) == 0) throw TooSlow("it took too long");
}

}  // namespace

Socket::Socket(const std::string& path, Clock::time_point deadline) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path || path.find('\0') != std::string::npos)
        throw NotReachable("the path of its socket is empty, or longer than the 107 bytes that the system allows");
    std::memcpy(address.sun_path, path.data(), path.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) throw NotReachable(error_text(errno));
    while (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        if (error == EINTR) continue;
        // EAGAIN: its queue is full; there is no event to wait for, so look again soon.
        if (error == EAGAIN && Clock::now() < deadline) {
            wait_for({}, Clock::now() + std::chrono::milliseconds{20});
            continue;
        }
        ::close(std::exchange(fd_, -1));
        throw NotReachable(why_not(path, error));
    }
}

Socket::~Socket() {
    if (fd_ >= 0) ::close(fd_);
}

Socket::Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void Socket::send(std::string_view bytes, Clock::time_point deadline) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            wait_ready(fd_, POLLOUT, deadline);
        } else if (errno == EPIPE) {
            return;  // it stopped listening, but may have said why: read on
        } else if (errno != EINTR) {
            throw ConnectionLost(error_text(errno));
        }
    }
}

std::string Socket::receive(Clock::time_point deadline) {
    for (;;) {
        bool is_end = false;
        std::string bytes = receive_now(is_end);
        if (is_end || !bytes.empty()) return bytes;
        wait_ready(fd_, POLLIN, deadline);
    }
}

std::string Socket::receive_now(bool& is_end) {
    std::array<char, 16 * 1024> buffer;
    for (;;) {
        const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (got >= 0) {
            is_end = got == 0;
            return {buffer.data(), static_cast<std::size_t>(got)};
        }
        if (errno == EAGAIN) return {};
        if (errno != EINTR) throw ConnectionLost(error_text(errno));
    }
}

}  // namespace stint::cli
