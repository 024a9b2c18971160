// A real 389 Directory Server: own folder, own authority, free ports, stopped by its pid. It also plays the
// administrator (over its local socket). Making one takes seconds: a suite makes one and empties it between tests.
#pragma once

#include "tests/contract/ldap_admin.hpp"
#include "tests/contract/server_process.hpp"

#include <string>

namespace stint::testing {

/// Everything throws std::runtime_error when it cannot be done.
class Ds389 : public LdapAdmin {
public:
    Ds389();  ///< makes the instance and starts it; its people and groups are empty
    ~Ds389() override;

    [[nodiscard]] std::string ldaps_url() const { return "ldaps://127.0.0.1:" + std::to_string(tls_port_); }
    [[nodiscard]] std::string starttls_url() const { return "ldap://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::string password_file() const { return folder_.path() + "/broker-password"; }  ///< the broker's
    [[nodiscard]] static std::string bind_dn() { return "cn=stint,ou=services,dc=example,dc=test"; }
    [[nodiscard]] static std::string person_dn(const std::string& login) { return "uid=" + rdn_value(login) + ",ou=people,dc=example,dc=test"; }
    [[nodiscard]] static std::string group_dn(const std::string& name) { return "cn=" + name + ",ou=groups,dc=example,dc=test"; }

    int add_person(const std::string& login, const std::string& name, const Attributes& more = {});
    /// The broker may write the members of all groups; which it does write is for its own list to say.
    int add_group(const std::string& name, const std::string& object_class, const Attributes& more = {});
    void empty();  ///< no people, no groups

private:
    void make();
    [[nodiscard]] bool is_answering();
    [[nodiscard]] struct ldap* connect() override;

    TemporaryFolder folder_{"ds389"};
    int port_ = 0, tls_port_ = 0;
    ServerProcess process_;
};

}  // namespace stint::testing
