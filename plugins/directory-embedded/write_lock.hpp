// One writer at a time, over all processes: flock on a file beside the directory's, which itself is replaced.
#pragma once

#include <filesystem>

namespace stint::directory_embedded {

class WriteLock {
public:
    /// Throws sdk::FileTrouble when the lock file cannot be opened.
    explicit WriteLock(const std::filesystem::path& file);
    ~WriteLock();
    WriteLock(const WriteLock&) = delete;
    WriteLock& operator=(const WriteLock&) = delete;
    /// Never waits.
    [[nodiscard]] bool try_lock();

private:
    int descriptor_;
};

}  // namespace stint::directory_embedded
