// Taking a path for a listening unix socket without taking it from anybody.
#include "http/socket_path.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace stint::http {
namespace {

constexpr int backlog = 512;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
    throw std::runtime_error("cannot listen on " + path.string() + ": " + what);
}

std::string error_text(int error) { return std::system_category().message(error); }

sockaddr_un address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& text = path.native();
    if (!path.is_absolute()) fail(path, "the path is not absolute. Write it from the root");
    if (text.size() >= sizeof address.sun_path) fail(path, "the path is longer than 107 bytes. Choose a shorter one");
    std::memcpy(address.sun_path, text.data(), text.size());
    return address;
}

Descriptor new_socket(const std::filesystem::path& path) {
    Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (made.get() < 0) fail(path, error_text(errno));
    return made;
}

/// Does nobody accept connections there any more? Only a refusal by the kernel says so.
bool is_dead(const std::filesystem::path& path) {
    const Descriptor probe = new_socket(path);
    const sockaddr_un address = address_of(path);
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return false;
    return errno == ECONNREFUSED;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

int Descriptor::release() noexcept { return std::exchange(fd_, -1); }

SocketPath::SocketPath(std::filesystem::path path) : path_(std::move(path)) {
    lock();
    clear();
    bind();
}

SocketPath::~SocketPath() { remove(); }

void SocketPath::lock() {
    static_cast<void>(address_of(path_));
    const std::string name = path_.native() + ".lock";
    lock_ = Descriptor(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (lock_.get() < 0) fail(path_, error_text(errno) + " (" + name + "). Make the folder, and let the broker's user write to it");
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return;
    if (errno == EWOULDBLOCK) fail(path_, "another broker serves there. Stop it first, or choose another path");
    fail(path_, error_text(errno) + " (" + name + ")");
}

/// Makes way for our socket, if all that is in the way is what a broker that died has left.
void SocketPath::clear() {
    struct stat found {};
    if (::lstat(path_.c_str(), &found) != 0) {
        if (errno == ENOENT) return;
        fail(path_, error_text(errno));
    }
    if (!S_ISSOCK(found.st_mode)) fail(path_, "something else than a socket is there. Look what it is, and move it away");
    if (!is_dead(path_)) fail(path_, "another program serves there. Stop it first, or choose another path");
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) fail(path_, error_text(errno));
}

void SocketPath::bind() {
    Descriptor made = new_socket(path_);
    const sockaddr_un address = address_of(path_);
    if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail(path_, error_text(errno));
    struct stat ours {};
    if (::lstat(path_.c_str(), &ours) != 0) fail(path_, error_text(errno));
    device_ = ours.st_dev;
    inode_ = ours.st_ino;
    // Everybody may knock: who they are the kernel says, and what they may do the policy.
    if (::chmod(path_.c_str(), 0666) != 0 || ::listen(made.get(), backlog) != 0) {
        const int error = errno;
        remove();
        fail(path_, error_text(error));
    }
    listener_ = std::move(made);
}

void SocketPath::remove() noexcept {
    struct stat found {};
    if (inode_ == 0 || ::lstat(path_.c_str(), &found) != 0) return;
    if (found.st_dev == device_ && found.st_ino == inode_) ::unlink(path_.c_str());
    inode_ = 0;
}

Descriptor inherited_listener(int fd) {
    Descriptor given(fd);
    const auto option = [fd](int name) {
        int value = -1;
        socklen_t size = sizeof value;
        return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
    };
    if (option(SO_DOMAIN) != AF_UNIX || option(SO_TYPE) != SOCK_STREAM || option(SO_ACCEPTCONN) != 1)
        throw std::runtime_error("the inherited socket is no listening unix stream socket. Look at ListenStream= in the socket unit");
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        throw std::runtime_error("the inherited socket cannot be set up: " + error_text(errno));
    return given;
}

}  // namespace stint::http
