// One broker per database: an flock(2) on a file beside it, held for life. The kernel lets go of it when the
// process ends, however it ends. The file itself stays.
#pragma once

#include <filesystem>

namespace stint {

class FileLock {
public:
    /// Throws StoreFault: held by another (with its process id), or the file cannot be made.
    explicit FileLock(const std::filesystem::path& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    int descriptor_ = -1;
};

/// Makes the file when it is not there, and sees to it that it is a plain one that nobody else may read (0600).
void make_private_file(const std::filesystem::path& path);

}  // namespace stint
