// flock(2); the kernel frees it when the process dies, however it dies. See write_lock.hpp.
#include "plugins/directory-embedded/write_lock.hpp"

#include "plugins/sdk/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace stint::directory_embedded {

WriteLock::WriteLock(const std::filesystem::path& file)
    : descriptor_(::open((file.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (descriptor_ < 0) throw sdk::FileTrouble(file.string() + ".lock: cannot be opened: " + std::strerror(errno));
}

WriteLock::~WriteLock() { ::close(descriptor_); }

bool WriteLock::try_lock() { return ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0; }

}  // namespace stint::directory_embedded
