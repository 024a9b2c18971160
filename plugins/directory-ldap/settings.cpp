// One function per part of the table. Every refusal names the key.
#include "plugins/directory-ldap/settings.hpp"

#include "core/time.hpp"
#include "plugins/directory-ldap/dialect.hpp"
#include "plugins/directory-ldap/dn.hpp"
#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/settings.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <ldap.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>

namespace stint::directory_ldap {
namespace {

namespace json = boost::json;
using sdk::bool_or;
using sdk::required_text;
using sdk::text_or;

constexpr std::size_t max_servers = 16, max_managed_groups = 10'000;

[[noreturn]] void refuse(const std::string& what) { throw sdk::PluginError(sdk::Reason::invalid_params, what); }

json::object table(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr) return {};
    if (!value->is_object()) refuse(std::string(key) + " must be a table");
    return value->as_object();
}

std::vector<std::string> texts(const json::object& object, std::string_view key, std::size_t limit) {
    const auto* value = object.if_contains(key);
    if (value == nullptr || !value->is_array() || value->as_array().empty())
        refuse(std::string(key) + " must be a list of texts, one at least");
    if (value->as_array().size() > limit) refuse(std::string(key) + " has more than " + std::to_string(limit) + " values");
    std::vector<std::string> out;
    for (const auto& one : value->as_array()) {
        if (!one.is_string() || one.as_string().empty()) refuse(std::string(key) + " must be a list of texts");
        out.emplace_back(one.as_string());
    }
    return out;
}

std::chrono::seconds duration(const json::object& object, std::string_view key, std::chrono::seconds standard) {
    const auto* value = object.if_contains(key);
    if (value == nullptr) return standard;
    const auto parsed = value->is_string() ? parse_duration(std::string_view(value->as_string())) : std::nullopt;
    if (!parsed || *parsed > std::chrono::minutes(5)) refuse(std::string(key) + " must be a duration from 1s to 5m, such as \"10s\"");
    return *parsed;
}

std::string checked_dn(const std::string& text, const std::string& key) {
    if (!Dn::parse(text)) refuse(key + " is not a distinguished name such as ou=people,dc=example,dc=org");
    return text;
}

std::string attribute(const json::object& object, std::string_view key, std::string_view standard) {
    auto text = text_or(object, key, standard, 128);
    if (!is_attribute_name(text)) refuse("people." + std::string(key) + " is not an attribute's name");
    return text;
}

Server server(const std::string& url, bool has_starttls, bool is_sealed) {
    LDAPURLDesc* parsed = nullptr;
    if (url.size() > 1024 || ::ldap_url_parse(url.c_str(), &parsed) != LDAP_URL_SUCCESS)
        refuse("servers: a value is not an LDAP URL such as ldaps://dc1.example.org");
    const std::unique_ptr<LDAPURLDesc, decltype(&::ldap_free_urldesc)> owner(parsed, &::ldap_free_urldesc);
    const std::string scheme = parsed->lud_scheme == nullptr ? "" : parsed->lud_scheme;
    Server out{.url = url, .transport = Transport::ldaps, .host = parsed->lud_host == nullptr ? "" : parsed->lud_host, .port = parsed->lud_port};
    while (out.url.ends_with('/')) out.url.pop_back();
    if (out.url.find_first_of("/?", out.url.find("://") + 3) != std::string::npos)
        refuse("servers: " + url + " must end after the host and port");
    if (out.host.empty()) refuse("servers: " + url + " names no host");
    if (scheme != "ldapi" && (out.port < 1 || out.port > 65535)) refuse("servers: " + url + " has no port that there is");
    if (scheme == "ldapi") {
        out.transport = Transport::ldapi;
        if (!out.host.starts_with('/')) refuse("servers: " + url + " must hold the socket's absolute path, as in ldapi://%2Frun%2Fslapd%2Fldapi");
    } else if (is_sealed) {
        if (scheme != "ldap") refuse("servers: " + url + " must begin with ldap://: sasl = \"GSSAPI\" seals the connection by itself");
        out.transport = Transport::sealed;
    } else if (scheme == "ldap") {
        if (!has_starttls)
            refuse("servers: " + url + " would send the password in the clear; write ldaps:// or set starttls = true");
        out.transport = Transport::starttls;
    } else if (scheme != "ldaps") {
        refuse("servers: " + url + " must begin with ldaps://, ldap:// or ldapi://");
    }
    return out;
}

void read_servers(const json::object& object, Settings& out) {
    const bool has_starttls = bool_or(object, "starttls", false), is_sealed = out.proof == Proof::keytab;
    if (has_starttls && is_sealed) refuse("starttls and sasl = \"GSSAPI\" do not go together: GSSAPI seals the connection by itself");
    std::set<std::string> seen;
    for (const auto& url : texts(object, "servers", max_servers)) {
        out.servers.push_back(server(url, has_starttls, is_sealed));
        if (!seen.insert(out.servers.back().url).second) refuse("servers: " + url + " is there twice");
    }
}

std::string readable_file(const json::object& object, std::string_view key) {
    auto path = text_or(object, key, "", 4096);
    if (!path.empty() && ::access(path.c_str(), R_OK) != 0)
        refuse(std::string(key) + ": " + path + " cannot be read: " + std::strerror(errno));
    return path;
}

void read_proof(const json::object& object, Settings& out) {
    const auto sasl = text_or(object, "sasl", "", 64);
    if (sasl.empty()) return;
    if (sasl != "EXTERNAL" && sasl != "GSSAPI") refuse("sasl must be \"EXTERNAL\", \"GSSAPI\" or absent");
    out.proof = sasl == "GSSAPI" ? Proof::keytab : Proof::external;
}

/// A keytab is as good as the password.
void read_kerberos(const json::object& object, Settings& out) {
    out.krb5_config_file = readable_file(object, "krb5_config_file");
    out.keytab_file = readable_file(object, "keytab_file");
    if (out.proof != Proof::keytab) {
        if (!out.keytab_file.empty() || !out.krb5_config_file.empty()) refuse("keytab_file and krb5_config_file go with sasl = \"GSSAPI\"");
        return;
    }
    if (out.keytab_file.empty()) refuse("keytab_file is missing: sasl = \"GSSAPI\" needs the keys of the broker's account");
    if (!out.keytab_file.starts_with('/')) refuse("keytab_file must be an absolute path");
    struct stat status{};
    if (::stat(out.keytab_file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) refuse("keytab_file: " + out.keytab_file + " is not a regular file");
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        refuse("keytab_file: " + out.keytab_file + " belongs to user id " + std::to_string(status.st_uid) + "; it must belong to root or to the plugin's user");
    if ((status.st_mode & 077U) != 0) refuse("keytab_file: " + out.keytab_file + " can be read by others; run: chmod 0600 " + out.keytab_file);
}

void read_identity(const json::object& object, Settings& out) {
    out.bind_dn = text_or(object, "bind_dn", "");
    for (const auto* key : {"bind_password_credential", "bind_password_file"})
        if (const auto* value = object.if_contains(key); value != nullptr) out.secrets[key] = *value;
    const bool has_tls = std::ranges::any_of(out.servers, [](const Server& s) { return s.transport != Transport::ldapi; });
    if (out.proof != Proof::password) {
        if (!out.bind_dn.empty() || !out.secrets.empty()) refuse("sasl goes without bind_dn and bind_password");
        if (out.proof == Proof::external && has_tls && (out.cert_file.empty() || out.key_file.empty()))
            refuse("sasl = \"EXTERNAL\" over TLS needs cert_file and key_file");
        return;
    }
    if (out.bind_dn.empty()) refuse("bind_dn is missing (or set sasl); the directory is never asked anonymously");
    (void)checked_dn(out.bind_dn, "bind_dn");
    auto password = sdk::read_secret(out.secrets, "bind_password");
    const bool is_empty = password.empty();
    ::explicit_bzero(password.data(), password.size());
    if (is_empty) refuse("bind_password_credential or bind_password_file is missing or names an empty secret; a bind with an empty password would be anonymous");
}

void read_tls(const json::object& object, Settings& out) {
    out.ca_file = readable_file(object, "ca_file");
    out.cert_file = readable_file(object, "cert_file");
    out.key_file = readable_file(object, "key_file");
    if (out.cert_file.empty() != out.key_file.empty()) refuse("cert_file and key_file go together");
    for (const auto& one : out.servers)
        if ((one.transport == Transport::ldaps || one.transport == Transport::starttls) && out.ca_file.empty())
            refuse("ca_file is missing: " + one.url + " is checked against it, and against nothing else");
}

void read_people(const json::object& object, Settings& out) {
    const auto people = table(object, "people");
    sdk::refuse_unknown_keys(people, {"base", "login", "name", "mail", "manager", "disabled_filter"});
    if (!people.contains("base")) refuse("people.base is missing, as in people = { base = \"ou=people,dc=example,dc=org\" }");
    out.people.base = checked_dn(required_text(people, "base"), "people.base");
    if (people.contains("login")) out.people.login = attribute(people, "login", "");
    out.people.name = attribute(people, "name", "cn");
    out.people.mail = attribute(people, "mail", "mail");
    out.people.manager = attribute(people, "manager", "manager");
    if (!people.contains("disabled_filter")) return;
    try {
        out.people.disabled_filter = Filter::from_settings(text_or(people, "disabled_filter", "", 4096));
    } catch (const std::invalid_argument& error) {
        refuse(std::string("people.disabled_filter ") + error.what());
    }
}

void read_groups(const json::object& object, Settings& out) {
    out.managed_groups = texts(object, "managed_groups", max_managed_groups);
    std::vector<Dn> all{*Dn::parse(out.people.base)};
    std::set<std::string> seen;
    for (const auto& text : out.managed_groups) {
        all.push_back(*Dn::parse(checked_dn(text, "managed_groups: " + text)));
        if (!seen.insert(all.back().key()).second) refuse("managed_groups: " + text + " is there twice");
    }
    const auto groups = table(object, "groups");
    sdk::refuse_unknown_keys(groups, {"base"});
    if (groups.contains("base")) {
        out.groups_base = checked_dn(required_text(groups, "base"), "groups.base");
        const auto base = *Dn::parse(out.groups_base);
        for (std::size_t i = 1; i < all.size(); ++i)
            if (!all[i].is_under(base)) refuse("managed_groups: " + out.managed_groups[i - 1] + " is not under groups.base");
        return;
    }
    const auto base = common_base(all);
    if (!base) refuse("groups.base is missing, and managed_groups and people.base have no base in common");
    out.groups_base = base->text();
}

void read_flavour(const json::object& object, Settings& out) {
    out.flavour = text_or(object, "flavour", "auto", 64);
    if (out.flavour != "auto" && find_dialect(out.flavour) == nullptr) refuse("flavour must be \"auto\" or one of " + known_flavours());
}

}  // namespace

Settings read_settings(const json::object& object) {
    sdk::refuse_unknown_keys(object, {"servers", "ca_file", "starttls", "cert_file", "key_file", "bind_dn", "bind_password_credential",
                                      "bind_password_file", "sasl", "keytab_file", "krb5_config_file", "flavour", "people", "groups", "managed_groups",
                                      "operation_timeout", "connect_timeout", "window"});
    Settings out;
    read_flavour(object, out);
    read_proof(object, out);
    read_servers(object, out);
    read_kerberos(object, out);
    read_tls(object, out);
    read_identity(object, out);
    read_people(object, out);
    read_groups(object, out);
    out.operation_timeout = duration(object, "operation_timeout", out.operation_timeout);
    out.connect_timeout = duration(object, "connect_timeout", out.connect_timeout);
    if (const auto* window = object.if_contains("window"); window != nullptr) {
        if (!window->is_int64() || window->as_int64() < 1 || window->as_int64() > 512) refuse("window must be a number from 1 to 512");
        out.window = static_cast<int>(window->as_int64());
    }
    return out;
}

}  // namespace stint::directory_ldap
