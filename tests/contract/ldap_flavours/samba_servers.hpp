// One domain controller for a whole test program, and the settings that fit it.
#pragma once

#include "tests/contract/samba.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace stint::testing {

[[nodiscard]] Samba& shared_samba();  ///< started when it is first asked for, gone with the program

/// Over LDAPS with a password; flavour "auto".
[[nodiscard]] boost::json::object settings_over_tls(const Samba& server, const std::vector<std::string>& managed);
/// Over GSSAPI with a keytab, sealed.
[[nodiscard]] boost::json::object settings_over_kerberos(const Samba& server, const std::vector<std::string>& managed);

}  // namespace stint::testing
