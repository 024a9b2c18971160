// One 389 DS for a whole test program, and the settings that fit it.
#pragma once

#include "tests/contract/ds389.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace stint::testing {

[[nodiscard]] Ds389& shared_ds389();  ///< made when it is first asked for, gone with the program

/// Over LDAPS with a password; flavour "auto".
[[nodiscard]] boost::json::object settings_for(const Ds389& server, const std::vector<std::string>& managed);

}  // namespace stint::testing
