// The directory's file: people and groups as TOML that a person edits. Read whole and strictly; a file with a fault
// is no directory at all. Changing it is members_edit's affair.
#pragma once

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace stint::directory_embedded {

struct PersonEntry {
    std::string login, name, mail, manager;
    bool is_enabled = true;
};

struct GroupEntry {
    std::string name;
    std::vector<std::string> members;
    bool is_managed = true;
};

struct DirectoryText {
    std::map<std::string, PersonEntry> people;  ///< by login
    std::map<std::string, GroupEntry> groups;   ///< by name
};

/// What is wrong with the file, as "file:line: what".
class FileFault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The largest file that is read, in bytes.
inline constexpr std::size_t largest_file = 4 * 1024 * 1024;

/// Throws FileFault for anything that is not what the contract describes: unknown keys, a name twice, a wrong type.
[[nodiscard]] DirectoryText parse_directory(const std::string& text, const std::string& file);
/// The file's bytes. Throws FileFault when it cannot be read or is too large.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);
/// Replaces the file as a whole: a new file beside it, fsync, rename, fsync of the folder; mode and owner are kept.
void replace_file(const std::filesystem::path& file, const std::string& text);

}  // namespace stint::directory_embedded
