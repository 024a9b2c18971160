// A time from any bytes: what is one comes back from its own text, and that text is UTC.
#include "core/time.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto time = stint::parse_rfc3339({reinterpret_cast<const char*>(data), size});
    if (!time) return 0;
    const std::string text = stint::to_rfc3339(*time);
    if (!text.ends_with('Z') || stint::parse_rfc3339(text) != time) std::abort();
    return 0;
}
