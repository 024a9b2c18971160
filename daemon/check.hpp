// `stintd check`: everything that is wrong with configuration, policy, directory and records, told at once.
#pragma once

#include <filesystem>
#include <string>

namespace stint {

struct CheckOptions {
    std::filesystem::path config;
    bool is_replay = false;     ///< rebuild the records from the log and compare
    bool is_offline = false;    ///< do not start the plugins
};

/// Prints what it finds to standard output, one line each. 0: nothing wrong; 1: something is; 2: it could not be checked.
[[nodiscard]] int run_check(const CheckOptions& options);

}  // namespace stint
