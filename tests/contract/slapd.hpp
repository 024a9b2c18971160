// A real OpenLDAP server for one test: own folder, own authority, free ports, stopped by its pid. It also
// plays the administrator who changes things behind the broker's back (over ldapi, as the root DN).
// What is in it: slapd/base.ldif. It must not know anything of the plugin that is under test.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

struct ldap;

namespace stint::testing {

struct SlapdOptions {
    std::string certificate = "server";  ///< "elsewhere": for another host's name; "stranger": by another authority
    bool has_refint = false;             ///< the server renames values of `member` when a person is renamed
    bool has_memberof = false;
    bool is_durable = false;             ///< fdatasync every write; for benchmarks
    std::string more_ldif{};             ///< loaded after base.ldif, before the start
};

/// Everything throws std::runtime_error when it cannot be done.
class Slapd {
public:
    explicit Slapd(SlapdOptions options = {});  ///< loads the data and starts
    ~Slapd();
    Slapd(const Slapd&) = delete;
    Slapd& operator=(const Slapd&) = delete;

    void start();   ///< on the same ports and data; returns when it answers
    void stop();    ///< SIGTERM, waits for its end
    void kill();    ///< SIGKILL, waits for its end
    void pause();   ///< SIGSTOP: connections stay, nothing answers
    void resume();

    [[nodiscard]] std::string ldaps_url() const;
    [[nodiscard]] std::string starttls_url() const;  ///< ldap://, to be used with StartTLS
    [[nodiscard]] std::string ldapi_url() const;     ///< SASL EXTERNAL there is the broker's account
    [[nodiscard]] static std::string ca_file();
    [[nodiscard]] static std::string stranger_ca_file();
    [[nodiscard]] static std::string client_certificate_file();  ///< SASL EXTERNAL with it is the broker's account
    [[nodiscard]] static std::string client_key_file();
    [[nodiscard]] std::string password_file() const;             ///< mode 0600, the broker's password
    [[nodiscard]] static std::string bind_dn();
    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] pid_t pid() const { return pid_; }

    [[nodiscard]] static std::string person_dn(const std::string& login);
    [[nodiscard]] static std::string group_dn(const std::string& name);

    // The administrator. DNs and values are in their LDAP string form. Each returns the LDAP result code.
    int add_value(const std::string& dn, const std::string& attribute, const std::string& value);
    int remove_value(const std::string& dn, const std::string& attribute, const std::string& value);
    int replace_value(const std::string& dn, const std::string& attribute, const std::string& value);
    int add_entry(const std::string& dn, const std::vector<std::pair<std::string, std::string>>& attributes);
    int remove_entry(const std::string& dn);
    int remove_referral(const std::string& dn);  ///< an entry of class referral: removed, not followed
    int rename_entry(const std::string& dn, const std::string& new_rdn, const std::string& new_parent = "");
    /// An inetOrgPerson and posixAccount at `dn`; its RDN attribute must be uid or cn.
    int add_person(const std::string& dn, const std::string& login, const std::string& name);
    [[nodiscard]] std::vector<std::string> values(const std::string& dn, const std::string& attribute);
    [[nodiscard]] std::string entry_uuid(const std::string& dn);  ///< "" when there is no such entry

private:
    void load();
    [[nodiscard]] bool launch();
    [[nodiscard]] bool is_answering();
    void wait_for_end();
    [[nodiscard]] struct ldap* admin();
    void drop_admin();
    int modify(int operation, const std::string& dn, const std::string& attribute, const std::string& value);

    SlapdOptions options_;
    std::string folder_;
    int port_ = 0, tls_port_ = 0;
    pid_t pid_ = -1;
    bool is_paused_ = false;
    struct ldap* admin_ = nullptr;
};

}  // namespace stint::testing
