// Whole files by the usual road: a draft beside it, fsync, rename or link, fsync of the folder; see file.hpp.
#include "plugins/sdk/file.hpp"

#include "plugins/sdk/descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace stint::sdk {
namespace {

/// Linux stamps files with the time of the last tick: 10 ms at CONFIG_HZ=100; other file systems count whole seconds.
constexpr std::int64_t settling_ns = 2'000'000'000;

[[noreturn]] void trouble(const std::filesystem::path& path, const std::string& what, int error) {
    throw FileTrouble(path.string() + ": " + what + (error == 0 ? "" : std::string(": ") + std::strerror(error)));
}

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

FileStamp stamp_from(const struct stat& status) {
    return {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

/// A file under way; it disappears unless it was put in its place.
class Draft {
public:
    explicit Draft(const std::filesystem::path& goal)
        : path_((goal.parent_path() / ("." + goal.filename().string() + ".XXXXXX")).string()) {
        fd_ = ::mkostemp(path_.data(), O_CLOEXEC);
        if (fd_ < 0) trouble(goal, "no file can be made in its folder", errno);
    }
    ~Draft() {
        ::close(fd_);
        if (!path_.empty()) ::unlink(path_.c_str());
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    void write(std::string_view text) {
        while (!text.empty()) {
            const ssize_t count = ::write(fd_, text.data(), text.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) trouble(path_, "cannot be written", errno);
            text.remove_prefix(static_cast<std::size_t>(count));
        }
        if (::fsync(fd_) != 0) trouble(path_, "cannot be made durable", errno);
    }
    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    void was_renamed() { path_.clear(); }

private:
    std::string path_;
    int fd_ = -1;
};

void sync_folder(const std::filesystem::path& file) {
    const Descriptor folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0 || ::fsync(folder.get()) != 0)
        throw FileTrouble(file.string() + ": was written, but its folder cannot be made durable: " + std::strerror(errno), true);
}

/// Mode, group and owner as before. Who may not give files away keeps the rights of others as narrow as they were.
void dress(int fd, const struct stat& before, const std::filesystem::path& path) {
    mode_t mode = before.st_mode & 07777;
    if (before.st_uid != ::geteuid() && ::fchown(fd, before.st_uid, static_cast<gid_t>(-1)) != 0 && errno != EPERM)
        trouble(path, "its owner cannot be kept", errno);
    if (::fchown(fd, static_cast<uid_t>(-1), before.st_gid) != 0) {
        if (errno != EPERM) trouble(path, "its group cannot be kept", errno);
        mode &= ~static_cast<mode_t>(070);
    }
    if (::fchmod(fd, mode) != 0) trouble(path, "its mode cannot be kept", errno);
}

std::filesystem::path resolved(const std::filesystem::path& path) {
    std::error_code error;
    auto real = std::filesystem::canonical(path, error);
    if (error) trouble(path, error.message(), 0);
    return real;
}

}  // namespace

FileText read_file(const std::filesystem::path& path, std::size_t limit) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.get() < 0) trouble(path, "cannot be opened", errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) trouble(path, "cannot be looked at", errno);
    if (!S_ISREG(status.st_mode)) trouble(path, "is not a regular file", 0);
    FileText result;
    char buffer[16384];
    for (;;) {
        const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) trouble(path, "cannot be read", errno);
        if (count == 0) break;
        result.text.append(buffer, static_cast<std::size_t>(count));
        if (result.text.size() > limit) trouble(path, "is larger than " + std::to_string(limit >> 20) + " MiB", 0);
    }
    result.stamp = stamp_from(status);
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    struct stat after {};
    result.is_settled =
        ::fstat(file.get(), &after) == 0 && stamp_from(after) == result.stamp && nanoseconds(now) - result.stamp.changed_ns > settling_ns;
    return result;
}

FileStamp stamp_of(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) trouble(path, "cannot be looked at", errno);
    return stamp_from(status);
}

void replace_file(const std::filesystem::path& path, std::string_view text, const FileStamp& expected) {
    const std::filesystem::path real = resolved(path);
    struct stat before {};
    if (::stat(real.c_str(), &before) != 0) trouble(real, "cannot be looked at", errno);
    Draft draft(real);
    dress(draft.fd(), before, real);
    draft.write(text);
    // As late as can be: a person who saved meanwhile must not lose their work.
    if (stamp_of(real) != expected) trouble(real, "was changed by somebody else at the same moment; nothing was written", 0);
    if (::rename(draft.path().c_str(), real.c_str()) != 0) trouble(real, "cannot be replaced", errno);
    draft.was_renamed();
    sync_folder(real);
}

bool create_file(const std::filesystem::path& path, std::string_view text, mode_t mode) {
    Draft draft(path);
    if (::fchmod(draft.fd(), mode) != 0) trouble(path, "its mode cannot be set", errno);
    draft.write(text);
    if (::link(draft.path().c_str(), path.c_str()) != 0) {
        if (errno == EEXIST) return false;
        trouble(path, "cannot be made", errno);
    }
    sync_folder(path);
    return true;
}

}  // namespace stint::sdk
