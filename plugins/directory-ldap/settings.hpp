// What stintd.toml says about the directory, checked whole before anything else happens. Knows nothing of
// connections. The bind password is not kept: it is read anew for each bind, so that it can be rotated.
#pragma once

#include "plugins/directory-ldap/escape.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace stint::directory_ldap {

enum class Transport {
    ldaps,
    starttls,
    ldapi,
    sealed,  ///< ldap://, signed and encrypted by Kerberos itself
};

/// How the broker's account proves itself.
enum class Proof {
    password,
    external,  ///< SASL EXTERNAL: the certificate, or the process's user on a local socket
    keytab,    ///< SASL GSSAPI
};

struct Server {
    std::string url;   ///< as libldap wants it, without a trailing slash; named in answers and in the log
    Transport transport = Transport::ldaps;
    std::string host;  ///< name or address; for ldapi the socket's path
    int port = 0;
};

struct PeopleSettings {
    std::string base;
    std::string login;  ///< "": what this kind of directory uses
    std::string name = "cn", mail = "mail", manager = "manager";
    std::optional<Filter> disabled_filter;  ///< who matches it is disabled; absent: as this kind of directory tells it
};

struct Settings {
    std::vector<Server> servers;  ///< in the order of preference
    std::string ca_file, cert_file, key_file;
    std::string flavour = "auto";  ///< or one of known_flavours()
    Proof proof = Proof::password;
    std::string keytab_file, krb5_config_file;
    std::string bind_dn;
    PeopleSettings people;
    std::string groups_base;
    std::vector<std::string> managed_groups;
    std::chrono::seconds operation_timeout{10}, connect_timeout{5};
    std::chrono::milliseconds pass_over_for{300'000};  ///< how long a server that took no writes is not tried; no key sets it
    int window = 64;              ///< operations in flight on one connection
    boost::json::object secrets;  ///< the keys that say where the password is
};

/// Throws sdk::PluginError(invalid_params) that names the key, what is wrong, and what to write instead.
[[nodiscard]] Settings read_settings(const boost::json::object& object);

}  // namespace stint::directory_ldap
