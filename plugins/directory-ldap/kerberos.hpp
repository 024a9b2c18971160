// SASL GSSAPI with a keytab: the process's Kerberos environment, and the bind. Blocking; not for the io thread.
#pragma once

#include "plugins/directory-ldap/settings.hpp"

struct ldap;

namespace stint::directory_ldap {

/// Tells libkrb5 where the keys are, before it is first used: it gets tickets with them, keeps them in memory, and gets
/// new ones by itself before they end (MIT krb5, "default client keytab"). Does nothing for another proof.
void prepare_kerberos(const Settings& settings);

/// Binds on a handle that blocks; what follows is signed and encrypted. The LDAP result code. Asks for 128 bits at least
/// and takes the server's name as it is in the URL, not as DNS would spell it.
[[nodiscard]] int bind_sealed(struct ldap* handle);
/// How many bits seal the connection; 0: none do.
[[nodiscard]] unsigned long sealing_bits(struct ldap* handle);

}  // namespace stint::directory_ldap
