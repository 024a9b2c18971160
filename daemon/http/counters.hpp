// What the door counts about itself, for /metrics.
#pragma once

#include <cstdint>
#include <map>

namespace stint::http {

struct Counters {
    std::map<int, std::int64_t> answers;  ///< by status
    std::int64_t connections = 0;         ///< open now
    bool is_draining = false;
};

}  // namespace stint::http
