// directory-ldap: the broker's hand in an LDAP directory. Shuts the environment out before libldap looks at it.
#include "plugins/directory-ldap/directory.hpp"

#include <csignal>
#include <cstdlib>

int main() {
    ::setenv("LDAPNOINIT", "1", 1);  // no ldap.conf, no ldaprc, no LDAPTLS_*: before the first call of libldap
    ::signal(SIGPIPE, SIG_IGN);
    boost::asio::io_context io(1);
    stint::directory_ldap::LdapDirectory directory(io.get_executor());
    return stint::sdk::serve(io, directory);
}
