// The few system calls around the database's files: exclusive use, and who may read them.
#include "store/file_lock.hpp"

#include "store/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace stint {
namespace {

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path, int error) {
    const bool is_full = error == ENOSPC || error == EDQUOT || error == EROFS || error == EIO;
    throw StoreFault(what + ' ' + path.string() + ": " + std::generic_category().message(error), is_full);
}

/// Who wrote the lock file last, as it may be shown: digits only.
std::string holder_of(int descriptor) {
    std::array<char, 16> text{};
    const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
    std::string digits;
    for (ssize_t at = 0; at < size && text[static_cast<std::size_t>(at)] >= '0' && text[static_cast<std::size_t>(at)] <= '9'; ++at) {
        digits += text[static_cast<std::size_t>(at)];
    }
    return digits.empty() ? "another process" : "process " + digits;
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path) {
    descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor_ < 0) fail("cannot open the database's lock file", path, errno);
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        const std::string holder = error == EWOULDBLOCK ? holder_of(descriptor_) : std::string();
        close(descriptor_);
        if (error != EWOULDBLOCK) fail("cannot lock", path, error);
        throw StoreFault("the database is in use by " + holder + ", and only one broker may write it; stop that one first (" +
                             path.string() + ')',
                         false);
    }
    // For the message above only: that it cannot be written (a full disk) is no reason not to run.
    const std::string self = std::to_string(getpid()) + '\n';
    if (ftruncate(descriptor_, 0) == 0) static_cast<void>(!pwrite(descriptor_, self.data(), self.size(), 0));
}

FileLock::~FileLock() { close(descriptor_); }

void make_private_file(const std::filesystem::path& path) {
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (descriptor < 0) fail(errno == ELOOP ? "the database must be a file, not a link:" : "cannot open the database", path, errno);
    struct stat status{};
    const bool is_known = fstat(descriptor, &status) == 0;
    int error = is_known ? 0 : errno;
    const bool is_plain = is_known && S_ISREG(status.st_mode);
    if (is_plain && (status.st_mode & 0177U) != 0 && fchmod(descriptor, 0600) != 0) error = errno;
    close(descriptor);
    if (error != 0) fail("cannot make private", path, error);
    if (!is_plain) throw StoreFault("the database must be a plain file: " + path.string(), false);
}

}  // namespace stint
