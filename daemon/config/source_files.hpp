// Reading the administrator's files into memory: bounded, regular files only, and only
// such as none but root and the one who runs this may write.
#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <optional>
#include <vector>

namespace stint::config {

inline constexpr std::size_t largest_file_bytes = 1024 * 1024;
inline constexpr std::size_t most_files_in_folder = 256;

/// The whole file. nullopt, with an error in `faults`, when it cannot be read or must not be trusted.
[[nodiscard]] std::optional<SourceText> read_source(const std::filesystem::path& file, Faults& faults);

/// `folder/*.toml` in order of name (bytes); hidden files are no part of it. A folder that is not there is
/// an error when `must_exist`, else it is empty. `is_whole` is false when a file could not be read.
struct FolderTexts {
    std::vector<SourceText> texts;
    bool is_whole = true;
};
[[nodiscard]] FolderTexts read_folder(const std::filesystem::path& folder, bool must_exist, Faults& faults);

}  // namespace stint::config
