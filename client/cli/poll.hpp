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

/// From here on SIGINT is held back but while waiting (unless it was ignored when we started), and SIGPIPE is an error
/// of the write that met it. Once, before anything else.
void take_interrupts();
/// Signal dispositions and mask as the caller had them, for a command that is about to be executed. Async-signal-safe.
void restore_signals() noexcept;

/// From here on these signals are held back even while waiting: somebody reads them from a signalfd(2).
void hold_back(const sigset_t& signals);

/// Waits until one of `fds` is ready or `deadline` has come; tells how many are ready. Throws Interrupted.
int wait_for(std::span<pollfd> fds, Clock::time_point deadline);

}  // namespace stint::cli
