// Files in memory, and a folder of their own for the tests that need real ones.
#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <stdlib.h>
#include <vector>

namespace stint::test {

inline Config config_of(std::vector<SourceText> files, Faults& faults) { return parse_config(files, faults); }
inline Config config_of(const std::string& text, Faults& faults) { return config_of({{"stintd.toml", text}}, faults); }

/// A configuration that is whole, to which a test adds what it is about.
inline const std::string least = "[directory]\nplugin = \"directory-embedded\"\n";

inline Policy policy_of(std::vector<SourceText> files, Faults& faults, const Roles& roles = {}, PolicySource* source = nullptr) {
    return parse_policy(files, roles, faults, source);
}
inline Policy policy_of(const std::string& text, Faults& faults) { return policy_of({{"ehr.toml", text}}, faults); }

class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "stint-config-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    std::filesystem::path write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << text;
        // Trusted whatever the umask is.
        std::filesystem::permissions(path_ / name, std::filesystem::perms::group_write | std::filesystem::perms::others_write, std::filesystem::perm_options::remove);
        std::filesystem::permissions((path_ / name).parent_path(), std::filesystem::perms::group_write | std::filesystem::perms::others_write, std::filesystem::perm_options::remove);
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

}  // namespace stint::test
