// See the header.
#include "tests/contract/ldap_flavours/ds389_servers.hpp"

#include <boost/json/array.hpp>

namespace stint::testing {

Ds389& shared_ds389() {
    static Ds389 server;
    return server;
}

boost::json::object settings_for(const Ds389& server, const std::vector<std::string>& managed) {
    boost::json::array groups;
    for (const auto& name : managed) groups.emplace_back(Ds389::group_dn(name));
    boost::json::object out;
    out["servers"] = boost::json::array({boost::json::value(server.ldaps_url())});
    out["ca_file"] = pki_file("ca.pem");
    out["bind_dn"] = Ds389::bind_dn();
    out["bind_password_file"] = server.password_file();
    out["people"] = boost::json::object{{"base", "ou=people,dc=example,dc=test"}};
    out["managed_groups"] = std::move(groups);
    // No test here waits for an answer that does not come: these are for a machine that has no time for the server.
    out["operation_timeout"] = "40s";
    out["connect_timeout"] = "20s";
    return out;
}

}  // namespace stint::testing
