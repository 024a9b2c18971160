// Children and libldap; see the header. The certificates are made once a process by slapd/pki.sh.
#include "tests/contract/slapd.hpp"

#include <ldap.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace stint::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto admin_dn = "cn=admin,dc=example,dc=test";
constexpr auto admin_password = "admin-password";
constexpr auto broker_password = "broker-password";
constexpr auto start_limit = 20s;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("slapd fixture: " + what); }

std::string source(const std::string& name) { return std::string(STINT_SLAPD_FOLDER) + "/" + name; }

}  // namespace

Slapd::Slapd(SlapdOptions options) : options_(std::move(options)) {
    load();
    start();
}

Slapd::~Slapd() { kill(); }

void Slapd::load() {
    fs::create_directories(folder() + "/db");
    std::string overlays;
    if (options_.has_memberof) overlays += "overlay memberof\n";
    if (options_.has_refint) overlays += "overlay refint\nrefint_attributes member uniqueMember\nrefint_nothing \"cn=nobody,dc=example,dc=test\"\n";
    write_file(folder() + "/slapd.conf",
               filled_in(read_file(source("slapd.conf.in")), {{"@FOLDER@", folder()},
                                                              {"@PKI@", pki_folder()},
                                                              {"@CERTIFICATE@", options_.certificate},
                                                              {"@UID@", std::to_string(::geteuid())},
                                                              {"@GID@", std::to_string(::getegid())},
                                                              {"@ADMIN_PASSWORD@", admin_password},
                                                              {"@SYNC@", (options_.is_durable ? "" : "dbnosync\n") + options_.database_config},
                                                              {"@OVERLAYS@", overlays}}));
    write_file(folder() + "/data.ldif", filled_in(read_file(source("base.ldif")), {{"@BROKER_PASSWORD@", broker_password}}) +
                                           "\n" + options_.more_ldif);
    write_file(password_file(), std::string(broker_password) + "\n");
    run_program({program("slapadd", "slapd"), "-q", "-f", folder() + "/slapd.conf", "-l", folder() + "/data.ldif"}, folder() + "/slapadd.log");
}

void Slapd::start() {
    if (process_.is_running()) fail("it runs already");
    const auto limit = std::chrono::steady_clock::now() + start_limit;
    const bool may_choose_ports = port_ == 0;
    while (true) {
        if (may_choose_ports) {
            port_ = free_port();
            do tls_port_ = free_port();
            while (tls_port_ == port_);
        }
        if (launch()) return;
        if (std::chrono::steady_clock::now() > limit) fail("it does not start: " + read_file(folder() + "/log"));
    }
}

/// False when the program ended at once (a port was taken).
bool Slapd::launch() {
    const auto urls = starttls_url() + "/ " + ldaps_url() + "/ " + ldapi_url();
    process_.start({program("slapd", "slapd"), "-h", urls, "-f", folder() + "/slapd.conf", "-d", "0"}, folder() + "/log");
    const auto limit = std::chrono::steady_clock::now() + start_limit;
    while (std::chrono::steady_clock::now() < limit) {
        if (process_.has_ended()) return false;
        if (is_answering()) return true;
        std::this_thread::sleep_for(5ms);
    }
    fail("it does not answer: " + read_file(folder() + "/log"));
}

bool Slapd::is_answering() {
    drop_admin();
    try {
        return admin() != nullptr;
    } catch (const std::runtime_error&) {
        return false;
    }
}

void Slapd::stop() {
    process_.resume();
    drop_admin();
    process_.stop();
}

void Slapd::kill() {
    drop_admin();
    process_.kill();
}

std::string Slapd::ldaps_url() const { return "ldaps://127.0.0.1:" + std::to_string(tls_port_); }
std::string Slapd::starttls_url() const { return "ldap://127.0.0.1:" + std::to_string(port_); }
std::string Slapd::ldapi_url() const { return ldapi_url_of(folder() + "/ldapi"); }
std::string Slapd::ca_file() { return pki_file("ca.pem"); }
std::string Slapd::stranger_ca_file() { return pki_file("stranger-ca.pem"); }
std::string Slapd::client_certificate_file() { return pki_file("client.pem"); }
std::string Slapd::client_key_file() { return pki_file("client.key"); }
std::string Slapd::password_file() const { return folder() + "/broker-password"; }
std::string Slapd::bind_dn() { return "cn=stint,ou=services,dc=example,dc=test"; }
std::string Slapd::person_dn(const std::string& login) { return "uid=" + login + ",ou=people,dc=example,dc=test"; }
std::string Slapd::group_dn(const std::string& name) { return "cn=" + name + ",ou=groups,dc=example,dc=test"; }

LDAP* Slapd::connect() { return connected(ldapi_url(), admin_dn, admin_password); }

int Slapd::add_person(const std::string& dn, const std::string& login, const std::string& name) {
    static int next_number = 30000;
    return add_entry(dn, {{"objectClass", "inetOrgPerson"},
                          {"objectClass", "posixAccount"},
                          {"uid", login},
                          {"cn", name},
                          {"sn", name},
                          {"uidNumber", std::to_string(next_number++)},
                          {"gidNumber", "10000"},
                          {"homeDirectory", "/nonexistent"}});
}

std::string Slapd::entry_uuid(const std::string& dn) {
    const auto found = values(dn, "entryUUID");
    return found.empty() ? "" : found.front();
}

}  // namespace stint::testing
