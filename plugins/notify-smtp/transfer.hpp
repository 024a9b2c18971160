// Hands mails to a server over SMTP, by libcurl: TLS always, verified always. Blocks; runs on a worker's thread.
#pragma once

#include "plugins/notify-smtp/message.hpp"
#include "plugins/notify-smtp/settings.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

namespace stint::notify_smtp {

enum class Fate {
    delivered,  ///< the server took it
    not_sent,   ///< it certainly was not: unreachable, no TLS, "try later"
    refused,    ///< the server said no for good
    unknown,    ///< sent, and no answer came
};

struct Outcome {
    Fate fate = Fate::not_sent;
    std::string words;         ///< for an administrator: the server's own, or curl's
    int reply = 0;             ///< the server's last reply code, 0 for none
    bool is_about_us = false;  ///< the next mail would fare no better: no connection, no TLS, no login
};

/// One connection, kept from mail to mail where the server allows.
class Transfer {
public:
    Transfer(const Settings& settings, const std::atomic<bool>& must_stop);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    [[nodiscard]] Outcome send(const Message& message, std::chrono::milliseconds limit);

private:
    struct Handle;
    const Settings& settings_;
    const std::atomic<bool>& must_stop_;
    std::unique_ptr<Handle> handle_;
};

/// Once, before any thread.
void start_curl();

}  // namespace stint::notify_smtp
