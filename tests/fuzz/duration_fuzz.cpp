// A duration from any bytes: what is one is within its bounds, and comes back from its own text.
#include "core/time.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto length = stint::parse_duration({reinterpret_cast<const char*>(data), size});
    if (!length) return 0;
    if (*length < stint::Seconds{1} || *length > std::chrono::days{366}) std::abort();
    if (stint::parse_duration(stint::to_text(*length)) != length) std::abort();
    return 0;
}
