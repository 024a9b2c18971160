// With --log: what happens in the made-up world, between the lines of the broker's own log, by the time that has really
// passed.
#pragma once

#include "log/log.hpp"
#include "replicas.hpp"

#include <string>

namespace stint::simulation {

inline bool is_traced = false;

inline void trace(const char* what, BootTime elapsed, const std::string& about) {
    if (is_traced) log::info("world", {{"at_ms", std::int64_t{elapsed.count() / 1000}}, {"what", what}, {"about", about}});
}

inline void trace(const char* what, BootTime elapsed, const Pair& pair, const std::string& more = {}) {
    if (is_traced) trace(what, elapsed, pair.second + " in " + pair.first + (more.empty() ? "" : ", " + more));
}

}  // namespace stint::simulation
