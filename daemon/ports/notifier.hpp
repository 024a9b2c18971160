// A channel to people. Calls may throw Fault; delivery is retried by the caller.
#pragma once

#include "core/notice.hpp"
#include "ports/fault.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace stint {

class Notifier {
public:
    virtual ~Notifier() = default;
    /// The same key twice is one message where the channel can tell.
    [[nodiscard]] virtual boost::asio::awaitable<void> deliver(Notice notice, std::string key) = 0;
    /// The channel's name, for the log and the outbox: no other channel's, also where two run one program.
    [[nodiscard]] virtual const std::string& name() const = 0;
};

}  // namespace stint
