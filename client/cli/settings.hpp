// Where the broker's socket is: flag over environment over the user's file over the system's over the built-in place.
#pragma once

#include <optional>
#include <string>

namespace stint::cli {

struct SettingsPlaces {
    std::optional<std::string> flag;         ///< --socket
    std::optional<std::string> environment;  ///< STINT_SOCKET
    std::string user_file, system_file;      ///< "" or absent on disk: skipped
};

/// As the running process finds them.
[[nodiscard]] SettingsPlaces settings_places(std::optional<std::string> flag);

/// Throws Trouble with the file and the line when a file is broken, has an unknown key, or cannot be read; a system
/// file that the caller may not read counts as absent.
[[nodiscard]] std::string choose_socket(const SettingsPlaces& places);

}  // namespace stint::cli
