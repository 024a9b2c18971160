// The command shares our process group, so the terminal's own signals reach it without us; what is sent to us alone is
// passed on. /proc is read to find a sender's parents: for courtesy, not for any right.
#include "client/cli/supervise.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>
#include <string_view>
#include <system_error>

namespace stint::cli {
namespace {

constexpr std::array relayed{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGUSR1, SIGUSR2, SIGCONT, SIGTSTP, SIGWINCH};

/// 0 when it cannot be told. The name in /proc/PID/stat is the process's own choice: parentheses, spaces and all.
pid_t parent_of(pid_t process) {
    const std::string path = "/proc/" + std::to_string(process) + "/stat";
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    std::array<char, 512> buffer{};
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    ::close(fd);
    if (got <= 0) return 0;
    std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string_view::npos || text.size() < name_end + 4) return 0;
    text.remove_prefix(name_end + 4);  // ") S " and then the parent
    pid_t parent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parent);
    return error == std::errc{} ? parent : 0;
}

/// Stops ourselves the way the command was stopped, so that the shell sees a stopped job; returns when continued.
void stop_like(int signal) {
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, signal);
    struct sigaction action {}, before {};
    action.sa_handler = SIG_DFL;
    const bool is_catchable = signal != SIGSTOP;
    if (is_catchable) ::sigaction(signal, &action, &before);
    ::kill(::getpid(), signal);
    if (!is_catchable) return;
    sigset_t mask;
    ::sigprocmask(SIG_UNBLOCK, &only, &mask);  // stops here
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
    ::sigaction(signal, &before, nullptr);
}

/// After a stop: whoever continued us has most likely continued the whole job, and once is enough for the command.
void go_on(pid_t command) {
    siginfo_t info{};
    const bool goes_already = ::waitid(P_PID, static_cast<id_t>(command), &info, WCONTINUED | WNOHANG) == 0 && info.si_pid == command;
    if (!goes_already) ::kill(command, SIGCONT);
    sigset_t ours;
    ::sigemptyset(&ours);
    ::sigaddset(&ours, SIGCONT);
    const timespec at_once{};
    ::sigtimedwait(&ours, nullptr, &at_once);
}

}  // namespace

bool descends_from(pid_t process, pid_t ancestor) {
    for (int level = 0; process > 1 && level < 64; ++level) {
        if (process == ancestor) return true;
        process = parent_of(process);
    }
    return false;
}

bool must_relay(const signalfd_siginfo& signal, pid_t command) {
    const int number = static_cast<int>(signal.ssi_signo);
    const bool is_from_user = signal.ssi_code <= 0;
    if (!is_from_user) return number != SIGINT && number != SIGQUIT && number != SIGTSTP && number != SIGWINCH;
    const auto sender = static_cast<pid_t>(signal.ssi_pid);
    if (sender == 0) return true;  // out of sight: another namespace
    return !descends_from(sender, command) && ::getpgid(sender) != command;
}

Supervisor::Supervisor() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : relayed) ::sigaddset(&set, signal);
    ::sigaddset(&set, SIGCHLD);
    hold_back(set);
    // Whoever started us may have ignored it, and then there would be nothing to wait for.
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &action, nullptr);
    signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

Supervisor::~Supervisor() { ::close(signals_); }

int Supervisor::run(pid_t command, const Attention& attention) {
    int status = 0;
    while (!look_after(command, status)) {
        const auto others = attention.fds();
        std::array fds{pollfd{signals_, POLLIN, 0}, others[0], others[1]};
        const auto due = attention.due();
        wait_for(fds, due);
        // Signals first, and while the broker is being talked to they break in: it may be slow, they may not.
        if (pass_on(command)) continue;
        const Disturbance disturbance(signals_);
        if (fds[1].revents != 0 || fds[2].revents != 0 || Clock::now() >= due) attention.turn(command);
    }
    return status;
}

bool Supervisor::pass_on(pid_t command) {
    bool was_any = false;
    signalfd_siginfo signal{};
    while (::read(signals_, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
        was_any = true;
        if (signal.ssi_signo != SIGCHLD && must_relay(signal, command)) ::kill(command, static_cast<int>(signal.ssi_signo));
    }
    return was_any;
}

bool Supervisor::look_after(pid_t command, int& status) {
    for (;;) {
        const pid_t found = ::waitpid(command, &status, WNOHANG | WUNTRACED);
        if (found < 0 && errno == EINTR) continue;
        if (found < 0) throw std::system_error(errno, std::generic_category(), "waitpid");
        if (found == 0) return false;
        if (!WIFSTOPPED(status)) return true;
        stop_like(WSTOPSIG(status));
        go_on(command);
    }
}

void die_of(int signal) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    ::sigaction(signal, &action, nullptr);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, signal);
    ::kill(::getpid(), signal);
    ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
    ::_exit(128 + signal);  // a signal that does not kill
}

}  // namespace stint::cli
