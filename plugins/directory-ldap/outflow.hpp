// Whether the socket takes what libldap writes. When it is full, libldap keeps the rest of the request, says that the
// request was sent, and pushes on in ldap_result alone: somebody has to know that, and call it. It tells nobody.
#pragma once

struct ldap;

namespace stint::directory_ldap {

struct Outflow {
    bool is_clogged = false;  ///< the socket did not take all of what was last written
    unsigned writes = 0;      ///< how often it was tried; wraps
};

/// Counts below TLS and SASL, whose own buffers it sees emptied thereby. `outflow` must outlive the handle.
/// Throws std::runtime_error.
void watch_outflow(struct ldap* handle, Outflow& outflow);

}  // namespace stint::directory_ldap
