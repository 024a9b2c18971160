// Waiting for file descriptors with a deadline, and Ctrl-C that can only arrive while waiting. Every blocking moment
// of the client goes through here.
#pragma once

#include <poll.h>

#include <chrono>
#include <csignal>
#include <span>

namespace stint::cli {

using Clock = std::chrono::steady_clock;

/// Ctrl-C came. Thrown by `wait_for` alone.
struct Interrupted {};
/// There is something to read that must not wait (see Disturbance). Thrown by `wait_for` alone.
struct Disturbed {};

/// From here on SIGINT is held back but while waiting (unless it was ignored when we started), and SIGPIPE is an error
/// of the write that met it. Once, before anything else.
void take_interrupts();
/// Signal dispositions and mask as the caller had them, for a command that is about to be executed. Async-signal-safe.
void restore_signals() noexcept;

/// From here on these signals are held back even while waiting: somebody reads them from a signalfd(2).
void hold_back(const sigset_t& signals);

/// As long as it lives, `wait_for` throws Disturbed when there is something to read at `fd`. One at a time.
class Disturbance {
public:
    explicit Disturbance(int fd) noexcept;
    ~Disturbance();
    Disturbance(const Disturbance&) = delete;
    Disturbance& operator=(const Disturbance&) = delete;
};

/// Waits until one of `fds`, seven at most, is ready or `deadline` has come; tells how many are ready. Throws Interrupted
/// and Disturbed.
int wait_for(std::span<pollfd> fds, Clock::time_point deadline);

}  // namespace stint::cli
