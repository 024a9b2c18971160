// fork and exec; see the header. Between the two only async-signal-safe calls are made: the broker has threads.
#include "plugin_host/child.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <vector>

namespace stint::plugin_host {

namespace {

// What a plugin may inherit. Nothing that changes whom a library trusts (LDAPTLS_*, SSL_CERT_*, LD_*), no
// NOTIFY_SOCKET. The sanitizers' options do nothing to a program that was not built with them.
constexpr std::array inherited = {"CREDENTIALS_DIRECTORY", "TZ",           "LANG",         "LC_ALL", "TMPDIR",
                                  "ASAN_OPTIONS",          "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"};

struct Pipe {
    Descriptor reader, writer;
};

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

// Never 0 to 2: those are replaced in the child.
Descriptor above_standard(int number) {
    if (number > STDERR_FILENO) return Descriptor(number);
    const Descriptor low(number);
    Descriptor high(::fcntl(low.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!high.is_open()) fail("cannot make a pipe for a plugin");
    return high;
}

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe for a plugin");
    Pipe made;
    Descriptor writer(ends[1]);
    made.reader = above_standard(ends[0]);
    made.writer = above_standard(writer.release());
    return made;
}

std::vector<std::string> environment() {
    std::vector<std::string> list = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LDAPNOINIT=1"};
    for (const char* name : inherited)
        if (const char* value = std::getenv(name)) list.push_back(std::string(name) + "=" + value);
    return list;
}

// Everything the child needs, made before the fork.
struct Start {
    const char* program;
    char* const* arguments;
    char* const* environment;
    int input, output, errors, trouble;
    pid_t parent;
};

void default_signals() noexcept {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) static_cast<void>(::sigaction(number, &action, nullptr));
    sigset_t none;
    ::sigemptyset(&none);
    static_cast<void>(::sigprocmask(SIG_SETMASK, &none, nullptr));
}

// Runs in the child, after the fork.
[[noreturn]] void become(const Start& start) noexcept {
    const bool is_ready = ::setpgid(0, 0) == 0 && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
                          ::dup2(start.input, STDIN_FILENO) >= 0 && ::dup2(start.output, STDOUT_FILENO) >= 0 &&
                          ::dup2(start.errors, STDERR_FILENO) >= 0 &&
                          ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
    if (::getppid() != start.parent) ::_exit(127);  // the broker died before the death signal was asked for
    if (is_ready) {
        default_signals();
        ::execve(start.program, start.arguments, start.environment);
    }
    const int code = errno;
    static_cast<void>(::write(start.trouble, &code, sizeof code) == 0);
    ::_exit(127);
}

// 0 when the program runs; the pipe closes itself when it is replaced.
int wait_for_exec(int reader) noexcept {
    int code = 0;
    ssize_t size = 0;
    do size = ::read(reader, &code, sizeof code);
    while (size < 0 && errno == EINTR);
    return size == static_cast<ssize_t>(sizeof code) ? code : 0;
}

std::string ending_from(const siginfo_t& info) {
    if (info.si_code == CLD_EXITED) return "exited with status " + std::to_string(info.si_status);
    const char* name = ::sigabbrev_np(info.si_status);
    return "was ended by signal " + std::to_string(info.si_status) + (name == nullptr ? "" : " (SIG" + std::string(name) + ")");
}

}  // namespace

Child::Child(const std::filesystem::path& program) {
    Pipe in = make_pipe(), out = make_pipe(), err = make_pipe(), trouble = make_pipe();
    std::string path = program.string();
    std::array<char*, 2> arguments = {path.data(), nullptr};
    std::vector<std::string> variables = environment();
    std::vector<char*> pointers;
    for (std::string& variable : variables) pointers.push_back(variable.data());
    pointers.push_back(nullptr);
    const Start start{path.c_str(),     arguments.data(), pointers.data(),     in.reader.get(), out.writer.get(),
                      err.writer.get(), trouble.writer.get(), ::getpid()};

    // No signal handler of ours may run in the child before it is somebody else.
    sigset_t all, before;
    ::sigfillset(&all);
    static_cast<void>(::pthread_sigmask(SIG_SETMASK, &all, &before));
    pid_ = ::fork();
    if (pid_ == 0) become(start);
    const int fork_error = errno;
    static_cast<void>(::pthread_sigmask(SIG_SETMASK, &before, nullptr));
    if (pid_ < 0) throw std::system_error(fork_error, std::generic_category(), "cannot start " + path);

    pidfd_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    const int pidfd_error = errno;
    trouble.writer.close();
    const int exec_error = wait_for_exec(trouble.reader.get());
    if (exec_error != 0 || !pidfd_.is_open()) {
        static_cast<void>(finish(std::chrono::seconds(1)));
        throw std::system_error(exec_error != 0 ? exec_error : pidfd_error, std::generic_category(), "cannot start " + path);
    }
    input = std::move(in.writer);
    output = std::move(out.reader);
    errors = std::move(err.reader);
}

Child::~Child() { static_cast<void>(finish(std::chrono::milliseconds(has_refused_ ? 0 : 1000))); }

void Child::signal(int number) noexcept {
    if (is_reaped_ || pid_ <= 0) return;
    static_cast<void>(::kill(-pid_, number));
    static_cast<void>(::kill(pid_, number));  // also when it left its group
}

std::optional<std::string> Child::finish(std::chrono::milliseconds patience) noexcept {
    if (is_reaped_) return ending_;
    if (pid_ <= 0) return std::nullopt;
    signal(SIGKILL);  // before reaping: until then neither the process's nor the group's number can be another's
    if (pidfd_.is_open()) {
        pollfd ended{pidfd_.get(), POLLIN, 0};
        static_cast<void>(::poll(&ended, 1, static_cast<int>(patience.count())));
    }
    siginfo_t info{};
    const int flags = WEXITED | (pidfd_.is_open() ? WNOHANG : 0);
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, flags) != 0 || info.si_pid == 0) {
        has_refused_ = true;
        return std::nullopt;
    }
    is_reaped_ = true;
    try {
        ending_ = ending_from(info);
    } catch (...) {  // no memory for the words
        ending_.clear();
    }
    return ending_;
}

}  // namespace stint::plugin_host
