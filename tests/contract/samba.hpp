// A real Active Directory domain controller (Samba): a copy of the domain that samba/template.py makes once for a build
// folder, on a loopback address of its own, since Samba's ports are fixed. Needs root for them. It also plays the
// administrator (over Samba's own local socket).
#pragma once

#include "tests/contract/ldap_admin.hpp"
#include "tests/contract/server_process.hpp"

#include <string>

namespace stint::testing {

/// Everything throws std::runtime_error when it cannot be done.
class Samba : public LdapAdmin {
public:
    Samba();
    ~Samba() override;

    void start();  ///< on the same address and data; returns when it answers
    void stop();

    [[nodiscard]] std::string ldaps_url() const { return "ldaps://" + address_; }
    [[nodiscard]] std::string ldap_url() const { return "ldap://" + address_; }  ///< signs and seals by GSSAPI
    [[nodiscard]] std::string password_file() const { return folder_.path() + "/broker-password"; }
    [[nodiscard]] std::string keytab_file() const { return folder_.path() + "/stint.keytab"; }
    [[nodiscard]] std::string krb5_config_file() const;  ///< what a client's krb5.conf must say
    [[nodiscard]] static std::string bind_dn() { return "CN=stint,OU=services,DC=corp,DC=test"; }
    [[nodiscard]] static std::string person_dn(const std::string& name) { return "CN=" + rdn_value(name) + ",OU=people,DC=corp,DC=test"; }
    [[nodiscard]] static std::string group_dn(const std::string& name) { return "CN=" + name + ",OU=groups,DC=corp,DC=test"; }

    int add_person(const std::string& name, const std::string& login, const Attributes& more = {});
    int add_group(const std::string& name);

private:
    void take_address();
    void copy_template();
    [[nodiscard]] bool is_answering();
    [[nodiscard]] struct ldap* connect() override;

    TemporaryFolder folder_{"samba"};
    std::string address_;
    int address_lock_ = -1;
    ServerProcess process_;
};

}  // namespace stint::testing
