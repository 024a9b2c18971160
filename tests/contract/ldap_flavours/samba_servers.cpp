// See the header.
#include "tests/contract/ldap_flavours/samba_servers.hpp"

#include <boost/json/array.hpp>

namespace stint::testing {
namespace {

boost::json::object settings(const std::string& url, const std::vector<std::string>& managed) {
    boost::json::array groups;
    for (const auto& name : managed) groups.emplace_back(Samba::group_dn(name));
    boost::json::object out;
    out["servers"] = boost::json::array({boost::json::value(url)});
    out["people"] = boost::json::object{{"base", "OU=people,DC=corp,DC=test"}};
    out["managed_groups"] = std::move(groups);
    // No test here waits for an answer that does not come: these are for a machine that has no time for the server.
    out["operation_timeout"] = "40s";
    out["connect_timeout"] = "20s";
    out["groups"] = boost::json::object{{"base", "OU=groups,DC=corp,DC=test"}};
    return out;
}

}  // namespace

Samba& shared_samba() {
    static Samba server;
    return server;
}

boost::json::object settings_over_tls(const Samba& server, const std::vector<std::string>& managed) {
    auto out = settings(server.ldaps_url(), managed);
    out["ca_file"] = pki_file("ca.pem");
    out["bind_dn"] = Samba::bind_dn();
    out["bind_password_file"] = server.password_file();
    return out;
}

boost::json::object settings_over_kerberos(const Samba& server, const std::vector<std::string>& managed) {
    auto out = settings(server.ldap_url(), managed);
    out["sasl"] = "GSSAPI";
    out["keytab_file"] = server.keytab_file();
    out["krb5_config_file"] = server.krb5_config_file();
    return out;
}

}  // namespace stint::testing
