// The directory's file: people and groups as TOML that a person edits. Read whole and strictly; a file with a fault
// is no directory at all. Pure: bytes come from plugins/sdk/file.hpp, changing them is members_edit's affair.
#pragma once

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stint::directory_embedded {

struct PersonEntry {
    std::string login, name, mail, manager;
    bool is_enabled = true;
    friend bool operator==(const PersonEntry&, const PersonEntry&) = default;
};

struct GroupEntry {
    std::string name;
    std::vector<std::string> members;  ///< as written; no login twice
    bool is_managed = true;
    friend bool operator==(const GroupEntry&, const GroupEntry&) = default;
};

struct DirectoryText {
    std::map<std::string, PersonEntry, std::less<>> people;  ///< by login
    std::map<std::string, GroupEntry, std::less<>> groups;   ///< by name
    friend bool operator==(const DirectoryText&, const DirectoryText&) = default;
};

[[nodiscard]] bool holds(const GroupEntry& group, std::string_view login);

/// What is wrong with the file, as "file:line: what".
class FileFault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The largest file that is read, in bytes.
inline constexpr std::size_t largest_file = 4 * 1024 * 1024;

/// Throws FileFault for anything that is not what the contract describes: unknown keys, a name twice, a wrong type.
[[nodiscard]] DirectoryText parse_directory(const std::string& text, const std::string& file);

}  // namespace stint::directory_embedded
