// The administrator of a directory under test, who changes things behind the broker's back. Speaks plain LDAP and
// tells the result codes as they are. Each kind of server says how its administrator gets in.
#pragma once

#include <string>
#include <utility>
#include <vector>

struct ldap;

namespace stint::testing {

class LdapAdmin {
public:
    virtual ~LdapAdmin();
    LdapAdmin(const LdapAdmin&) = delete;
    LdapAdmin& operator=(const LdapAdmin&) = delete;

    using Attributes = std::vector<std::pair<std::string, std::string>>;

    // DNs and values are in their LDAP string form. Each returns the LDAP result code.
    int add_value(const std::string& dn, const std::string& attribute, const std::string& value);
    int remove_value(const std::string& dn, const std::string& attribute, const std::string& value);
    int replace_value(const std::string& dn, const std::string& attribute, const std::string& value);
    /// All values at once; none: the attribute goes.
    int replace_values(const std::string& dn, const std::string& attribute, const std::vector<std::string>& values);
    int add_entry(const std::string& dn, const Attributes& attributes);
    int remove_entry(const std::string& dn);
    int remove_referral(const std::string& dn);  ///< an entry of class referral: removed, not followed
    int rename_entry(const std::string& dn, const std::string& new_rdn, const std::string& new_parent = "");
    /// Throws std::runtime_error when it cannot be read; empty when there is no such entry.
    [[nodiscard]] std::vector<std::string> values(const std::string& dn, const std::string& attribute);
    [[nodiscard]] bool matches(const std::string& dn, const std::string& filter);
    [[nodiscard]] std::vector<std::string> children(const std::string& dn);  ///< DNs of the entries right below

protected:
    LdapAdmin() = default;
    /// Connects and binds. Throws std::runtime_error.
    [[nodiscard]] virtual struct ldap* connect() = 0;
    [[nodiscard]] struct ldap* admin();
    void drop_admin();
    /// For connect(): a connection with limits, bound by password unless `dn` is "".
    [[nodiscard]] static struct ldap* connected(const std::string& url, const std::string& dn, std::string password);

private:
    int modify(int operation, const std::string& dn, const std::string& attribute, const std::vector<std::string>& values);

    struct ldap* admin_ = nullptr;
};

/// A local socket as libldap wants it in a URL.
[[nodiscard]] std::string ldapi_url_of(const std::string& path);
/// A value of a relative distinguished name (RFC 4514). Written anew here: the plugin's own is under test.
[[nodiscard]] std::string rdn_value(const std::string& plain);
/// One spelling for a DN: servers escape as they like.
[[nodiscard]] std::string canonical_dn(const std::string& dn);

}  // namespace stint::testing
