// The socket's place in the file system: taken only when nobody serves there, given back only when it is still ours.
#pragma once

#include <filesystem>

namespace stint::http {

/// A file descriptor that closes itself.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] int release() noexcept;

private:
    int fd_ = -1;
};

/// A path on which we listen. Two brokers that reach for the same path at the same moment are kept apart by a lock on
/// `PATH.lock`, which is held as long as this lives and is let go by the kernel however the process ends.
class SocketPath {
public:
    /// Throws std::runtime_error that says what is wrong and what to do: the path is no absolute path or too long, its
    /// folder is missing, somebody serves there already, or something else than a socket is there.
    explicit SocketPath(std::filesystem::path path);
    /// Removes the socket when it is still ours.
    ~SocketPath();
    SocketPath(const SocketPath&) = delete;
    SocketPath& operator=(const SocketPath&) = delete;

    /// The listening socket, once.
    [[nodiscard]] Descriptor take_listener() noexcept { return std::move(listener_); }
    void remove() noexcept;

private:
    void lock();
    void clear();
    void bind();

    std::filesystem::path path_;
    Descriptor lock_, listener_;
    unsigned long long device_ = 0, inode_ = 0;  ///< of the socket we made
};

/// A socket that somebody else (systemd) made and listens on for us. Throws when it is no listening unix stream socket.
[[nodiscard]] Descriptor inherited_listener(int fd);

}  // namespace stint::http
