// SIGINT is blocked all the time and let in by ppoll(2) alone, so that it cannot slip in between a check and a wait.
#include "client/cli/poll.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace stint::cli {
namespace {

volatile std::sig_atomic_t is_interrupted = 0;
sigset_t mask_at_start, mask_while_waiting;
struct sigaction sigint_at_start, sigpipe_at_start;
int disturbing = -1;

extern "C" void note_interrupt(int) { is_interrupted = 1; }

}  // namespace

void take_interrupts() {
    ::sigprocmask(SIG_SETMASK, nullptr, &mask_at_start);
    mask_while_waiting = mask_at_start;
    struct sigaction action {};
    ::sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, &sigpipe_at_start);
    ::sigaction(SIGINT, nullptr, &sigint_at_start);
    if (sigint_at_start.sa_handler == SIG_IGN) return;
    sigset_t only_sigint;
    ::sigemptyset(&only_sigint);
    ::sigaddset(&only_sigint, SIGINT);
    ::sigprocmask(SIG_BLOCK, &only_sigint, nullptr);
    action.sa_handler = note_interrupt;
    ::sigaction(SIGINT, &action, nullptr);
}

void restore_signals() noexcept {
    ::sigaction(SIGPIPE, &sigpipe_at_start, nullptr);
    ::sigaction(SIGINT, &sigint_at_start, nullptr);
    ::sigprocmask(SIG_SETMASK, &mask_at_start, nullptr);
}

void hold_back(const sigset_t& signals) {
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    for (int signal = 1; signal < NSIG; ++signal) {
        if (::sigismember(&signals, signal) == 1) ::sigaddset(&mask_while_waiting, signal);
    }
}

Disturbance::Disturbance(int fd) noexcept { disturbing = fd; }
Disturbance::~Disturbance() { disturbing = -1; }

int wait_for(std::span<pollfd> fds, Clock::time_point deadline) {
    using std::chrono::nanoseconds;
    std::array<pollfd, 8> all{};
    const std::size_t count = std::min(fds.size(), all.size() - 1);
    std::copy_n(fds.begin(), count, all.begin());
    pollfd& last = all[count] = pollfd{disturbing, POLLIN, 0};  // ppoll passes over what is negative
    for (;;) {
        const auto left = std::max(nanoseconds{0}, std::chrono::duration_cast<nanoseconds>(deadline - Clock::now()));
        const timespec limit{static_cast<std::time_t>(left.count() / 1'000'000'000), static_cast<long>(left.count() % 1'000'000'000)};
        const int ready = ::ppoll(all.data(), count + 1, &limit, &mask_while_waiting);
        const int error = errno;
        if (is_interrupted != 0) {
            is_interrupted = 0;
            throw Interrupted{};
        }
        if (ready > 0 && last.revents != 0) throw Disturbed{};
        if (ready >= 0) {
            std::copy_n(all.begin(), count, fds.begin());
            return ready;
        }
        if (error != EINTR) throw std::system_error(error, std::generic_category(), "ppoll");
    }
}

}  // namespace stint::cli
