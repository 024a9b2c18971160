// The instance is made by ds389/make.sh; here it is run and filled.
#include "tests/contract/ds389.hpp"

#include <ldap.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace stint::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto manager_dn = "cn=Directory Manager", manager_password = "manager-password", broker_password = "broker-password";
constexpr auto base = "dc=example,dc=test", people = "ou=people,dc=example,dc=test", groups = "ou=groups,dc=example,dc=test";
constexpr auto start_limit = 60s;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("389 DS fixture: " + what); }

void must(int code, const std::string& what) {
    if (code != LDAP_SUCCESS) fail(what + ": " + ::ldap_err2string(code));
}

}  // namespace

Ds389::Ds389() {
    make();
    const auto instance = folder_.path() + "/etc/dirsrv/slapd-stint";
    process_.start({program("ns-slapd", "389-ds-base"), "-D", instance, "-i", folder_.path() + "/run/pid", "-d", "0"}, folder_.path() + "/log");
    const auto limit = std::chrono::steady_clock::now() + start_limit;
    while (!is_answering()) {
        if (process_.has_ended() || std::chrono::steady_clock::now() > limit) fail("it does not start: " + read_file(folder_.path() + "/log"));
        std::this_thread::sleep_for(20ms);
    }
    for (const auto* unit : {"people", "groups", "services"})
        must(add_entry("ou=" + std::string(unit) + "," + base, {{"objectClass", "organizationalUnit"}, {"ou", unit}}), unit);
    must(add_entry(bind_dn(), {{"objectClass", "applicationProcess"}, {"objectClass", "simpleSecurityObject"}, {"cn", "stint"}, {"userPassword", broker_password}}),
         "the broker's account");
    const auto broker = "userdn=\"ldap:///" + bind_dn() + "\";)";
    must(add_value(base, "aci", "(targetattr!=\"userPassword\")(version 3.0; acl \"stint reads\"; allow (read,search,compare) " + broker), "read access");
    must(add_value(groups, "aci", "(targetattr=\"member || uniqueMember || memberUid\")(version 3.0; acl \"stint writes members\"; allow (write) " + broker), "write access");
    write_file(password_file(), std::string(broker_password) + "\n");
}

Ds389::~Ds389() {
    drop_admin();
    process_.kill();
}

void Ds389::make() {
    port_ = free_port();
    do tls_port_ = free_port();
    while (tls_port_ == port_);
    run_program({"/bin/sh", STINT_DS389_SCRIPT, folder_.path(), std::to_string(port_), std::to_string(tls_port_), pki_folder()}, folder_.path() + "/make.log");
}

bool Ds389::is_answering() {
    drop_admin();
    try {
        return admin() != nullptr;
    } catch (const std::runtime_error&) {
        return false;
    }
}

LDAP* Ds389::connect() { return connected(ldapi_url_of(folder_.path() + "/run/slapd-stint.socket"), manager_dn, manager_password); }

int Ds389::add_person(const std::string& login, const std::string& name, const Attributes& more) {
    static int next_number = 30000;
    Attributes all{{"objectClass", "inetOrgPerson"}, {"objectClass", "posixAccount"}, {"objectClass", "nsMemberOf"}, {"uid", login}, {"cn", name},
                   {"sn", name}, {"mail", "somebody@example.test"}, {"uidNumber", std::to_string(next_number++)}, {"gidNumber", "10000"}, {"homeDirectory", "/nonexistent"}};
    all.insert(all.end(), more.begin(), more.end());
    return add_entry(person_dn(login), all);
}

int Ds389::add_group(const std::string& name, const std::string& object_class, const Attributes& more) {
    Attributes all{{"objectClass", object_class}, {"cn", name}};
    all.insert(all.end(), more.begin(), more.end());
    return add_entry(group_dn(name), all);
}

void Ds389::empty() {
    for (const auto* unit : {groups, people})
        for (const auto& dn : children(unit)) must(remove_entry(dn), dn);
}

}  // namespace stint::testing
