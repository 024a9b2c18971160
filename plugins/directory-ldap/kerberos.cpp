// libsasl's GSSAPI mechanism does the work; no name and no password is ever typed in.
#include "plugins/directory-ldap/kerberos.hpp"

#include <ldap.h>
#include <sasl/sasl.h>

#include <cstdlib>

namespace stint::directory_ldap {
namespace {

/// Whatever it asks, the answer is its own default.
int no_answer(LDAP*, unsigned, void*, void* questions) {
    for (auto* one = static_cast<sasl_interact_t*>(questions); one->id != SASL_CB_LIST_END; ++one) {
        one->result = one->defresult == nullptr ? "" : one->defresult;
        one->len = 0;
    }
    return LDAP_SUCCESS;
}

}  // namespace

void prepare_kerberos(const Settings& settings) {
    if (settings.proof != Proof::keytab) return;
    ::setenv("KRB5_CLIENT_KTNAME", ("FILE:" + settings.keytab_file).c_str(), 1);
    ::setenv("KRB5CCNAME", "MEMORY:stint", 1);
    if (!settings.krb5_config_file.empty()) ::setenv("KRB5_CONFIG", settings.krb5_config_file.c_str(), 1);
}

int bind_sealed(LDAP* handle) {
    if (::ldap_set_option(handle, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON) != LDAP_OPT_SUCCESS ||
        ::ldap_set_option(handle, LDAP_OPT_X_SASL_SECPROPS, "minssf=128,noplain,noanonymous") != LDAP_OPT_SUCCESS)
        return LDAP_NOT_SUPPORTED;
    return ::ldap_sasl_interactive_bind_s(handle, nullptr, "GSSAPI", nullptr, nullptr, LDAP_SASL_QUIET, no_answer, nullptr);
}

unsigned long sealing_bits(LDAP* handle) {
    ber_len_t bits = 0;
    return ::ldap_get_option(handle, LDAP_OPT_X_SASL_SSF, &bits) == LDAP_OPT_SUCCESS ? bits : 0;
}

}  // namespace stint::directory_ldap
