// A real OpenLDAP server for one test: own folder, own authority, free ports, stopped by its pid. It also
// plays the administrator who changes things behind the broker's back (over ldapi, as the root DN).
// What is in it: slapd/base.ldif. It must not know anything of the plugin that is under test.
#pragma once

#include "tests/contract/ldap_admin.hpp"
#include "tests/contract/server_process.hpp"

#include <string>

namespace stint::testing {

struct SlapdOptions {
    std::string certificate = "server";  ///< "elsewhere": for another host's name; "stranger": by another authority
    bool has_refint = false;             ///< the server renames values of `member` when a person is renamed
    bool has_memberof = false;
    bool is_durable = false;             ///< fdatasync every write; for benchmarks
    std::string database_config{};       ///< more lines of slapd.conf, of the one database
    std::string more_ldif{};             ///< loaded after base.ldif, before the start
};

/// Everything throws std::runtime_error when it cannot be done.
class Slapd : public LdapAdmin {
public:
    explicit Slapd(SlapdOptions options = {});  ///< loads the data and starts
    ~Slapd() override;

    void start();   ///< on the same ports and data; returns when it answers
    void stop();    ///< SIGTERM, waits for its end
    void kill();    ///< SIGKILL, waits for its end
    void pause() { process_.pause(); }  ///< SIGSTOP: connections stay, nothing answers
    void resume() { process_.resume(); }

    [[nodiscard]] std::string ldaps_url() const;
    [[nodiscard]] std::string starttls_url() const;  ///< ldap://, to be used with StartTLS
    [[nodiscard]] std::string ldapi_url() const;     ///< SASL EXTERNAL there is the broker's account
    [[nodiscard]] static std::string ca_file();
    [[nodiscard]] static std::string stranger_ca_file();
    [[nodiscard]] static std::string client_certificate_file();  ///< SASL EXTERNAL with it is the broker's account
    [[nodiscard]] static std::string client_key_file();
    [[nodiscard]] std::string password_file() const;             ///< mode 0600, the broker's password
    [[nodiscard]] static std::string bind_dn();
    [[nodiscard]] const std::string& folder() const { return folder_.path(); }
    [[nodiscard]] pid_t pid() const { return process_.pid(); }

    [[nodiscard]] static std::string person_dn(const std::string& login);
    [[nodiscard]] static std::string group_dn(const std::string& name);

    /// An inetOrgPerson and posixAccount at `dn`; its RDN attribute must be uid or cn.
    int add_person(const std::string& dn, const std::string& login, const std::string& name);
    [[nodiscard]] std::string entry_uuid(const std::string& dn);  ///< "" when there is no such entry

private:
    void load();
    [[nodiscard]] bool launch();
    [[nodiscard]] bool is_answering();
    [[nodiscard]] struct ldap* connect() override;

    SlapdOptions options_;
    TemporaryFolder folder_{"slapd"};
    int port_ = 0, tls_port_ = 0;
    ServerProcess process_;
};

}  // namespace stint::testing
