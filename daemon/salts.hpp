// Where salts and keys come from: the system's generator, by way of OpenSSL.
#pragma once

#include "audit/commitment.hpp"

namespace stint {

/// Throws std::runtime_error when the generator fails: without salts nothing may be written down.
[[nodiscard]] SaltSource system_salts();

}  // namespace stint
