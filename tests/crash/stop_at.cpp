// Preloaded into one program of a test: counts its steps (what it writes to files, pipes and sockets), and dies of
// SIGKILL before, after or in the middle of the one it is told, or lets a disk fail for as long as a file stands.
// Counts over all threads, unlike strace's `when=`; touches no program but the one named.
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

/// STOP_AT_PROGRAM names the program; the rest is read there. STOP_AT_ARMED is a file: taken away by whoever dies of
/// it, so that one arming kills once. STOP_AT_LOG gets a line a step. STOP_AT_FAULT: "ERRNO EVERY SUFFIX...".
struct Orders {
    bool is_meant = false;
    long step = 0;
    const char* how = "before";
    const char *armed = nullptr, *log = nullptr, *fault = nullptr;

    Orders() {
        const char* program = std::getenv("STOP_AT_PROGRAM");
        is_meant = program != nullptr && std::strcmp(program, program_invocation_short_name) == 0;
        if (const char* text = std::getenv("STOP_AT_STEP")) step = std::strtol(text, nullptr, 10);
        if (const char* text = std::getenv("STOP_AT_HOW")) how = text;
        armed = std::getenv("STOP_AT_ARMED");
        log = std::getenv("STOP_AT_LOG");
        fault = std::getenv("STOP_AT_FAULT");
    }
};

const Orders& orders() {
    static const Orders given;
    return given;
}

std::atomic<long> steps{0}, faults{0};

using Target = std::array<char, 256>;

/// The file's name, "pipe" or "socket"; empty for what is no step (an eventfd, a terminal).
Target target_of(int fd) {
    Target name{};
    struct stat about {};
    if (::fstat(fd, &about) != 0) return name;
    if (S_ISSOCK(about.st_mode)) return {"socket"};
    if (S_ISFIFO(about.st_mode)) return {"pipe"};
    if (!S_ISREG(about.st_mode)) return name;
    Target link{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
    const auto size = ::readlink(link.data(), name.data(), name.size() - 1);
    if (size <= 0) return {"file"};
    return name;
}

void note(long step, const char* call, const char* target) {
    if (orders().log == nullptr) return;
    Target line{};
    const char* slash = std::strrchr(target, '/');
    const int size = std::snprintf(line.data(), line.size(), "%ld %s %s\n", step, call, slash == nullptr ? target : slash + 1);
    const int log = ::open(orders().log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log < 0) return;
    static_cast<void>(::syscall(SYS_write, log, line.data(), static_cast<size_t>(size)));
    ::close(log);
}

bool is_time(long step, const char* how) {
    return step == orders().step && std::strcmp(orders().how, how) == 0 && orders().armed != nullptr && ::unlink(orders().armed) == 0;
}

void die() {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
}

/// The errno that the disk answers now for this file, 0 for none.
int fault_for(const char* target) {
    if (orders().fault == nullptr) return 0;
    const int file = ::open(orders().fault, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    Target text{};
    const auto size = ::read(file, text.data(), text.size() - 1);
    ::close(file);
    if (size <= 0) return 0;
    char* rest = nullptr;
    const long error = std::strtol(text.data(), &rest, 10);
    const long every = std::strtol(rest, &rest, 10);
    for (char* suffix = ::strtok_r(rest, " \n", &rest); suffix != nullptr; suffix = ::strtok_r(nullptr, " \n", &rest)) {
        const auto length = std::strlen(suffix), all = std::strlen(target);
        if (all < length || std::strcmp(target + all - length, suffix) != 0) continue;
        return every > 0 && ++faults % every == 0 ? static_cast<int>(error) : 0;
    }
    return 0;
}

struct Nothing {
    void operator()() const {}
};

/// One step: `real` does it, `half` a part of it.
template <class Real, class Half = Nothing>
auto step(const char* call, int fd, Real real, Half half = {}) -> decltype(real()) {
    if (!orders().is_meant) return real();
    const int kept = errno;
    const Target target = target_of(fd);
    if (target[0] == '\0') return real();
    const long number = ++steps;
    note(number, call, target.data());
    if (is_time(number, "before")) die();
    if (is_time(number, "half")) {
        half();
        die();
    }
    const int error = fault_for(target.data());
    // A local disk's sync is not interrupted, and SQLite would not try it again.
    if (error != 0 && (error != EINTR || std::strcmp(call, "pwrite") == 0)) {
        errno = error;
        return -1;
    }
    errno = kept;
    const auto result = real();
    const int after = errno;
    if (is_time(number, "after")) die();
    errno = after;
    return result;
}

template <class Function>
Function next(const char* name) {
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
    static const auto real = next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
    return step("pwrite", fd, [=] { return real(fd, data, size, at); }, [=] { static_cast<void>(real(fd, data, size / 2, at)); });
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }

int fdatasync(int fd) {
    static const auto real = next<int (*)(int)>("fdatasync");
    return step("fdatasync", fd, [=] { return real(fd); });
}

int fsync(int fd) {
    static const auto real = next<int (*)(int)>("fsync");
    return step("fsync", fd, [=] { return real(fd); });
}

int ftruncate64(int fd, off64_t size) {
    static const auto real = next<int (*)(int, off64_t)>("ftruncate64");
    return step("ftruncate", fd, [=] { return real(fd, size); });
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

ssize_t write(int fd, const void* data, size_t size) {
    static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
    return step("write", fd, [=] { return real(fd, data, size); }, [=] { static_cast<void>(real(fd, data, size / 2)); });
}

ssize_t writev(int fd, const iovec* parts, int count) {
    static const auto real = next<ssize_t (*)(int, const iovec*, int)>("writev");
    return step("writev", fd, [=] { return real(fd, parts, count); },
                [=] { static_cast<void>(::syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len / 2)); });
}

ssize_t send(int fd, const void* data, size_t size, int flags) {
    static const auto real = next<ssize_t (*)(int, const void*, size_t, int)>("send");
    return step("send", fd, [=] { return real(fd, data, size, flags); }, [=] { static_cast<void>(real(fd, data, size / 2, flags)); });
}

ssize_t sendto(int fd, const void* data, size_t size, int flags, const sockaddr* to, socklen_t length) {
    static const auto real = next<ssize_t (*)(int, const void*, size_t, int, const sockaddr*, socklen_t)>("sendto");
    return step("sendto", fd, [=] { return real(fd, data, size, flags, to, length); });
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    static const auto real = next<ssize_t (*)(int, const msghdr*, int)>("sendmsg");
    return step("sendmsg", fd, [=] { return real(fd, message, flags); });
}

}  // extern "C"
