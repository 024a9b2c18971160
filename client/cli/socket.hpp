// A stream socket in the file system, with deadlines. Knows bytes, not HTTP.
#pragma once

#include "client/cli/poll.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace stint::cli {

/// Nobody listens: the connection could not be made.
struct NotReachable : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The connection was there and went away.
struct ConnectionLost : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The connection is there, but the deadline has passed.
struct TooSlow : ConnectionLost {
    using ConnectionLost::ConnectionLost;
};

class Socket {
public:
    Socket() = default;
    /// Throws NotReachable.
    Socket(const std::string& path, Clock::time_point deadline);
    ~Socket();
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;

    /// Throws ConnectionLost.
    void send(std::string_view bytes, Clock::time_point deadline);
    /// What has come, waiting for something until the deadline; "" at the end. Throws ConnectionLost.
    [[nodiscard]] std::string receive(Clock::time_point deadline);
    /// What has come already; nothing to be had is "", the end sets `is_end`. Throws ConnectionLost.
    [[nodiscard]] std::string receive_now(bool& is_end);
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_ = -1;
};

}  // namespace stint::cli
