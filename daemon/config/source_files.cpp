// Opens, judges what was opened (never the name, which may be swapped meanwhile), then reads; see source_files.hpp.
#include "config/source_files.hpp"

#include "log/log.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace stint::config {
namespace {

namespace fs = std::filesystem;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

void add_error(Faults& faults, const fs::path& path, const std::string& what) {
    faults.errors.push_back(log::escaped(path.string()) + ": " + what);
}

std::string reason(int error) { return std::system_category().message(error); }

/// Reads to the end, at most one byte more than is allowed. nullopt leaves errno behind.
std::optional<std::string> read_bounded(int number) {
    std::string text(largest_file_bytes + 1, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const ssize_t got = ::read(number, text.data() + filled, text.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
    return text;
}

/// Why what somebody else may write is not trusted; "" when nobody else may. Who may write a folder may exchange the
/// files in it, and who owns something may give themselves every right.
std::string distrust(const struct stat& status) {
    const std::string thing = S_ISDIR(status.st_mode) ? "into this folder, so its files" : "this file, so it";
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        return "uid " + std::to_string(status.st_uid) + " owns and may write " + thing + " cannot be trusted: give it to root (chown root)";
    if ((status.st_mode & S_IWOTH) != 0) return "everybody may write " + thing + " cannot be trusted: take the right away (chmod o-w)";
    if ((status.st_mode & S_IWGRP) != 0) return "its group may write " + thing + " cannot be trusted: take the right away (chmod g-w)";
    return {};
}

bool is_folder_trusted(const fs::path& folder, Faults& faults) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
        add_error(faults, folder, "cannot be read: " + reason(errno));
        return false;
    }
    if (!S_ISDIR(status.st_mode)) {
        add_error(faults, folder, "is not a folder");
        return false;
    }
    if (const std::string why = distrust(status); !why.empty()) {
        add_error(faults, folder, why);
        return false;
    }
    return true;
}

bool is_wanted(const fs::path& file) {
    const std::string name = file.filename().string();
    return name.front() != '.' && file.extension() == ".toml";
}

}  // namespace

std::optional<SourceText> read_source(const fs::path& file, Faults& faults) {
    // O_NONBLOCK: a FIFO in place of the file must not hold the start up.
    const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat status {};
    if (opened.number() < 0 || ::fstat(opened.number(), &status) != 0) {
        add_error(faults, file, "cannot be read: " + reason(errno));
        return std::nullopt;
    }
    if (!S_ISREG(status.st_mode)) {
        add_error(faults, file, "is not a regular file");
        return std::nullopt;
    }
    if (const std::string why = distrust(status); !why.empty()) {
        add_error(faults, file, why);
        return std::nullopt;
    }
    auto text = read_bounded(opened.number());
    if (!text) {
        add_error(faults, file, "cannot be read: " + reason(errno));
        return std::nullopt;
    }
    if (text->size() > largest_file_bytes) {
        add_error(faults, file, "is larger than 1 MiB, which no file of this kind is");
        return std::nullopt;
    }
    return SourceText{file.string(), *std::move(text)};
}

FolderTexts read_folder(const fs::path& folder, bool must_exist, Faults& faults) {
    std::error_code error;
    if (!must_exist && !fs::exists(folder, error) && !error) return {};
    if (!is_folder_trusted(folder, faults)) return {{}, false};
    std::vector<fs::path> files;
    auto entry = fs::directory_iterator(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
        if (is_wanted(entry->path())) files.push_back(entry->path());
    if (error) {
        add_error(faults, folder, "cannot be read: " + error.message());
        return {{}, false};
    }
    if (files.size() > most_files_in_folder) {
        add_error(faults, folder, "holds more than " + std::to_string(most_files_in_folder) + " files");
        return {{}, false};
    }
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
    FolderTexts read;
    for (const fs::path& file : files) {
        if (auto text = read_source(file, faults)) {
            read.texts.push_back(*std::move(text));
        } else {
            read.is_whole = false;
        }
    }
    return read;
}

}  // namespace stint::config
