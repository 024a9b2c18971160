// The composition root: the only place that names concrete parts. Configuration and policy in, a running broker out.
#pragma once

#include "config/config.hpp"

#include <filesystem>

namespace stint {

/// Runs the broker until SIGTERM or SIGINT; SIGHUP reloads policy and roles as a whole or not at all. Returns the exit
/// status: 0 after an orderly end, 1 when a part could not be started (said in the log).
[[nodiscard]] int run_daemon(const std::filesystem::path& config_file, Loaded loaded);

}  // namespace stint
