// Where secrets are found. `read_secret` itself is declared in plugin.hpp.
#pragma once

#include <string>

namespace stint::sdk {

/// The folder that the broker named in `initialize`; used when $CREDENTIALS_DIRECTORY is not set for this process.
void set_secrets_folder(std::string folder);

}  // namespace stint::sdk
