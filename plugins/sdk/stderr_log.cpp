// Standard error as a log; see stderr_log.hpp.
#include "plugins/sdk/stderr_log.hpp"

#include <unistd.h>

#include <string>

namespace stint::sdk {

void log_line(std::string_view message) noexcept {
    constexpr std::string_view hex = "0123456789abcdef";
    try {
        std::string line;
        for (const char c : message.substr(0, 8192)) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte >= 0x20 && byte != 0x7f) {
                line += c;
                continue;
            }
            line += "\\x";
            line += hex[byte >> 4];
            line += hex[byte & 0x0f];
        }
        line += '\n';
        // One write, so that lines of several processes on one pipe stay whole; what does not fit is lost.
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    } catch (...) {  // no memory: a lost line of the log must not stop anything
    }
}

}  // namespace stint::sdk
