// The command that `run` executes: found before anything is asked for, started with the grant in its environment.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace stint::cli {

/// The file that execvp(3) would execute. Throws Trouble: 127 when there is none, 126 when it cannot be executed.
[[nodiscard]] std::string find_command(const std::string& name);

/// Forks and executes, with the caller's signal dispositions restored. Returns once the new program runs.
/// Throws Trouble (126, 127) when it does not.
[[nodiscard]] pid_t start_command(const std::string& path, const std::vector<std::string>& words,
                                  const std::vector<std::pair<std::string, std::string>>& environment);

}  // namespace stint::cli
