// Small files that people and plugins share: read whole and bounded, replaced whole. Knows no format.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace stint::sdk {

/// What went wrong, as "path: what".
class FileTrouble : public std::runtime_error {
public:
    explicit FileTrouble(const std::string& what, bool may_be_done = false) : std::runtime_error(what), may_be_done_(may_be_done) {}
    /// The file was replaced, and only that it would survive a power cut is not certain.
    [[nodiscard]] bool may_be_done() const noexcept { return may_be_done_; }

private:
    bool may_be_done_;
};

/// Tells one state of a file from another. Two edits within one tick of the kernel's clock may look alike: `is_settled`.
struct FileStamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;  ///< since 1970, by CLOCK_REALTIME's tick
    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

struct FileText {
    std::string text;
    FileStamp stamp;
    bool is_settled = false;  ///< the last change lay long enough before the reading that a later one shows in the stamp
};

/// Regular files only. Throws FileTrouble.
[[nodiscard]] FileText read_file(const std::filesystem::path& path, std::size_t limit);
[[nodiscard]] FileStamp stamp_of(const std::filesystem::path& path);

/// Replaces what is there, or what a symbolic link leads to: a new file in the same folder, fsync, rename, fsync of the
/// folder. Mode is kept; owner and group are kept where this process may give a file away. Throws FileTrouble.
void replace_file(const std::filesystem::path& path, std::string_view text, const FileStamp& expected);
/// Makes a file that must not be there yet, whole or not at all. False when one is there already. Throws FileTrouble.
[[nodiscard]] bool create_file(const std::filesystem::path& path, std::string_view text, mode_t mode);

}  // namespace stint::sdk
