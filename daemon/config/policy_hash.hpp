// The hash that names a policy: see load_policy in config.hpp for the bytes it covers.
#pragma once

#include "config/config.hpp"

#include <span>

namespace stint::config {

/// 64 lower-case hexadecimal digits. Files in order of name.
[[nodiscard]] PolicyHash hash_of(std::span<const SourceText> files, const Roles& roles);

}  // namespace stint::config
