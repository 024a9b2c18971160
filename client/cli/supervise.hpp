// Standing between a command and the signals meant for it, as sudo(8) tells under "Signal handling".
// Knows processes and signals; of the grant only that something has to be looked after meanwhile.
#pragma once

#include "client/cli/poll.hpp"

#include <sys/signalfd.h>
#include <sys/types.h>

#include <array>
#include <functional>

namespace stint::cli {

/// What else wants attention while the command runs.
struct Attention {
    std::function<std::array<pollfd, 2>()> fds;     ///< to be polled beside the signals
    std::function<Clock::time_point()> due;         ///< when to be called although none is ready
    std::function<void(pid_t command)> turn;
};

class Supervisor {
public:
    /// Takes hold of the signals; before the command is started. Throws std::system_error.
    Supervisor();
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// Until the command has ended; its status as waitpid(2) tells it.
    [[nodiscard]] int run(pid_t command, const Attention& attention);

private:
    /// The command's status, once it has ended.
    [[nodiscard]] bool look_after(pid_t command, int& status);
    /// Reads the signals that have come; true when there were any.
    bool pass_on(pid_t command);
    int signals_ = -1;
};

/// Is this signal to be passed on to the command? Not when it sent it itself, and not when the terminal has sent it to
/// the whole foreground group already.
[[nodiscard]] bool must_relay(const signalfd_siginfo& signal, pid_t command);

/// Does the process descend from (or equal) `ancestor`? Unknown is no.
[[nodiscard]] bool descends_from(pid_t process, pid_t ancestor);

/// Ends this process by the signal that ended the command; without a core file of our own.
[[noreturn]] void die_of(int signal);

}  // namespace stint::cli
