// A plugin's log: one line a message on standard error, which the broker copies into its own.
#pragma once

#include <string_view>

namespace stint::sdk {

/// Writes one line. Control characters become \xNN, so that a message cannot look like two. Never throws, never
/// waits for long: a log that nobody reads is dropped.
void log_line(std::string_view message) noexcept;

}  // namespace stint::sdk
