// The domain is made by samba/template.py; here it is copied, run and changed.
#include "tests/contract/samba.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ldap.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace stint::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto broker_password = "Broker-Passw0rd";
constexpr int first_address = 1, last_address = 254;  // of 127.0.71.x, as template.py has told Kerberos
constexpr int kdc_port = 8088;
constexpr auto start_limit = 60s;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("Samba fixture: " + what); }

std::string source(const std::string& name) { return std::string(STINT_SAMBA_FOLDER) + "/" + name; }

/// The domain of this build folder, made when it is not there or when its recipe has changed. One at a time.
std::string template_folder() {
    const std::string folder = STINT_SAMBA_TEMPLATE, recipe = folder + "/made-by", log = folder + ".log";
    const int lock = ::open((folder + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || ::flock(lock, LOCK_EX) != 0) fail("cannot lock " + folder);
    if (!fs::exists(recipe) || read_file(recipe) != read_file(source("template.py"))) {
        fs::remove_all(folder);
        fs::remove(log);
        fs::create_directories(folder);
        run_program({"/usr/bin/python3", source("template.py"), folder}, log, {{"PYTHONDONTWRITEBYTECODE", "1"}});
        write_file(recipe, read_file(source("template.py")));  // last: what has it is whole
    }
    ::close(lock);
    return folder;
}

bool is_listening(const std::string& address, int port) {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, address.c_str(), &place.sin_addr);
    const bool is_up = ::connect(probe, reinterpret_cast<sockaddr*>(&place), sizeof place) == 0;
    ::close(probe);
    return is_up;
}

}  // namespace

Samba::Samba() {
    if (::geteuid() != 0) fail("a domain controller needs the ports below 1024, so these tests need root");
    copy_template();
    take_address();
    start();
}

Samba::~Samba() {
    drop_admin();
    process_.kill();
    if (address_lock_ >= 0) ::close(address_lock_);
}

void Samba::copy_template() {
    run_program({"/bin/cp", "-a", template_folder() + "/.", folder_.path()}, folder_.path() + "/copy.log");
    fs::create_directories(folder_.path() + "/run");
    write_file(password_file(), std::string(broker_password) + "\n");
}

/// An address is taken by a socket in the abstract namespace: it ends with this process, however that ends.
void Samba::take_address() {
    const int first = first_address + ::getpid() % last_address;
    for (int i = 0; i < last_address && address_.empty(); ++i) {
        const auto address = "127.0.71." + std::to_string(first_address + (first + i) % last_address);
        const int lock = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        const auto text = "stint-test-" + address;
        std::memcpy(name.sun_path + 1, text.data(), text.size());
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
        if (::bind(lock, reinterpret_cast<sockaddr*>(&name), length) == 0 && !is_listening(address, 389)) {
            address_ = address;
            address_lock_ = lock;
        } else {
            ::close(lock);
        }
    }
    if (address_.empty()) fail("no address is free");
    make_certificate("dc-" + address_, address_);
    fs::copy_file(pki_file("ca.pem"), folder_.path() + "/private/ca.pem");
    fs::copy_file(pki_file("dc-" + address_ + ".pem"), folder_.path() + "/private/server.pem");
    fs::copy_file(pki_file("dc-" + address_ + ".key"), folder_.path() + "/private/server.key");
    write_file(folder_.path() + "/etc/smb.conf", filled_in(read_file(source("smb.conf.in")), {{"@FOLDER@", folder_.path()}, {"@ADDRESS@", address_}}));
}

void Samba::start() {
    process_.start({program("samba", "samba"), "-s", folder_.path() + "/etc/smb.conf", "-i", "-M", "single", "--debug-stdout"}, folder_.path() + "/log");
    const auto limit = std::chrono::steady_clock::now() + start_limit;
    while (!is_answering()) {
        if (process_.has_ended() || std::chrono::steady_clock::now() > limit) fail("it does not start: " + read_file(folder_.path() + "/log"));
        std::this_thread::sleep_for(20ms);
    }
}

void Samba::stop() {
    drop_admin();
    process_.stop();
}

bool Samba::is_answering() {
    for (const int port : {389, 636, kdc_port})
        if (!is_listening(address_, port)) return false;
    drop_admin();
    try {
        return !values("", "supportedCapabilities").empty();
    } catch (const std::runtime_error&) {
        return false;
    }
}

LDAP* Samba::connect() { return connected(ldapi_url_of(folder_.path() + "/private/ldap_priv/ldapi"), "", ""); }

std::string Samba::krb5_config_file() const {
    const auto path = folder_.path() + "/krb5.conf";
    write_file(path, "[libdefaults]\n default_realm = CORP.TEST\n dns_lookup_kdc = false\n dns_lookup_realm = false\n"
                     " dns_canonicalize_hostname = false\n rdns = false\n udp_preference_limit = 1\n"
                     "[realms]\n CORP.TEST = {\n  kdc = " + address_ + ":" + std::to_string(kdc_port) + "\n }\n");
    return path;
}

int Samba::add_person(const std::string& name, const std::string& login, const Attributes& more) {
    Attributes all{{"objectClass", "user"}, {"sAMAccountName", login}, {"userAccountControl", "544"}, {"mail", "somebody@corp.test"}};
    all.insert(all.end(), more.begin(), more.end());
    return add_entry(person_dn(name), all);
}

int Samba::add_group(const std::string& name) { return add_entry(group_dn(name), {{"objectClass", "group"}, {"sAMAccountName", name}}); }

}  // namespace stint::testing
