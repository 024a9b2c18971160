// The notes beside the tickets: one JSON object a line, appended and made durable, the same key once, over all processes.
#pragma once

#include <sys/types.h>
#include <filesystem>
#include <set>
#include <string>

namespace stint::ticket_embedded {

class Notes {
public:
    explicit Notes(std::filesystem::path path = {}) : path_(std::move(path)) {}
    /// Throws PluginError: unreachable when nothing was written, busy when another program holds the file,
    /// unknown_outcome when the note may stand there in part.
    void append(const std::string& ticket, const std::string& text, const std::string& key);

private:
    void read_keys(int descriptor, off_t size);

    std::filesystem::path path_;
    std::set<std::string> keys_;
    off_t read_up_to_ = 0;
    ino_t inode_ = 0;
};

}  // namespace stint::ticket_embedded
