// Starts, stops and administers the slapd of a test. The data and the configuration are files in slapd/,
// shared with the Python twin (tests/integration/slapd.py).
#include "tests/contract/slapd.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ldap.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
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

std::string temporary_folder(const std::string& kind) {
    auto pattern = (fs::temp_directory_path() / ("stint-" + kind + "-XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr) fail("cannot make a temporary folder");
    return pattern;
}

std::string read_file(const std::string& path) {
    std::ifstream in(path);
    if (!in) fail("cannot read " + path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0600);
}

std::string filled_in(std::string text, const std::map<std::string, std::string>& words) {
    for (const auto& [word, value] : words)
        for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + value.size()))
            text.replace(at, word.size(), value);
    return text;
}

/// Starts a program whose output goes to `log`; it dies with this process.
pid_t spawn(const std::vector<std::string>& words, const std::string& log) {
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const auto parent = ::getpid();
    const auto child = ::fork();
    if (child < 0) fail("cannot fork");
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::dup2(in, 0);
        ::dup2(out, 1);
        ::dup2(out, 2);
        ::signal(SIGPIPE, SIG_DFL);
        ::unsetenv("LDAPNOINIT");
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
    return child;
}

void run(const std::vector<std::string>& words, const std::string& log) {
    const auto child = spawn(words, log);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (status != 0) fail(words[0] + " failed: " + read_file(log));
}

std::string program(const std::string& name) {
    for (const auto* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/"})
        if (::access((folder + name).c_str(), X_OK) == 0) return folder + name;
    fail(name + " is not installed (apt-get install slapd)");
}

/// A port that is free now. Somebody may take it before slapd does: then the caller tries another.
int free_port() {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool is_bound = ::bind(probe, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                          ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    ::close(probe);
    if (!is_bound) fail("no free port");
    return ntohs(address.sin_port);
}

/// The certificates, made once a process and taken away at its end.
class Pki {
public:
    Pki() : folder_(temporary_folder("pki")) { run({"/bin/sh", source("pki.sh"), folder_}, folder_ + "/log"); }
    ~Pki() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Pki(const Pki&) = delete;
    Pki& operator=(const Pki&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }
    [[nodiscard]] const std::string& folder() const { return folder_; }

private:
    std::string folder_;
};

const Pki& pki() {
    static const Pki made;
    return made;
}

}  // namespace

Slapd::Slapd(SlapdOptions options) : options_(std::move(options)), folder_(temporary_folder("slapd")) {
    ::signal(SIGPIPE, SIG_IGN);  // libldap writes to servers that a test has killed
    try {
        load();
        start();
    } catch (...) {
        if (pid_ > 0) kill();
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
        throw;
    }
}

Slapd::~Slapd() {
    if (pid_ > 0) kill();
    drop_admin();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void Slapd::load() {
    fs::create_directories(folder_ + "/db");
    std::string overlays;
    if (options_.has_memberof) overlays += "overlay memberof\n";
    if (options_.has_refint) overlays += "overlay refint\nrefint_attributes member uniqueMember\nrefint_nothing \"cn=nobody,dc=example,dc=test\"\n";
    write_file(folder_ + "/slapd.conf",
               filled_in(read_file(source("slapd.conf.in")), {{"@FOLDER@", folder_},
                                                              {"@PKI@", pki().folder()},
                                                              {"@CERTIFICATE@", options_.certificate},
                                                              {"@UID@", std::to_string(::geteuid())},
                                                              {"@GID@", std::to_string(::getegid())},
                                                              {"@ADMIN_PASSWORD@", admin_password},
                                                              {"@SYNC@", options_.is_durable ? "" : "dbnosync"},
                                                              {"@OVERLAYS@", overlays}}));
    write_file(folder_ + "/data.ldif", filled_in(read_file(source("base.ldif")), {{"@BROKER_PASSWORD@", broker_password}}) +
                                           "\n" + options_.more_ldif);
    write_file(password_file(), std::string(broker_password) + "\n");
    run({program("slapadd"), "-q", "-f", folder_ + "/slapd.conf", "-l", folder_ + "/data.ldif"}, folder_ + "/slapadd.log");
}

void Slapd::start() {
    if (pid_ > 0) fail("it runs already");
    const auto limit = std::chrono::steady_clock::now() + start_limit;
    const bool may_choose_ports = port_ == 0;
    while (true) {
        if (may_choose_ports) {
            port_ = free_port();
            do tls_port_ = free_port();
            while (tls_port_ == port_);
        }
        if (launch()) return;
        if (std::chrono::steady_clock::now() > limit) fail("it does not start: " + read_file(folder_ + "/log"));
    }
}

/// False when the program ended at once (a port was taken).
bool Slapd::launch() {
    const auto urls = starttls_url() + "/ " + ldaps_url() + "/ " + ldapi_url();
    pid_ = spawn({program("slapd"), "-h", urls, "-f", folder_ + "/slapd.conf", "-d", "0"}, folder_ + "/log");
    const auto limit = std::chrono::steady_clock::now() + start_limit;
    while (std::chrono::steady_clock::now() < limit) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            return false;
        }
        if (is_answering()) return true;
        std::this_thread::sleep_for(5ms);
    }
    fail("it does not answer: " + read_file(folder_ + "/log"));
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
    if (pid_ <= 0) return;
    if (is_paused_) resume();
    drop_admin();
    ::kill(pid_, SIGTERM);
    wait_for_end();
}

void Slapd::kill() {
    if (pid_ <= 0) return;
    drop_admin();
    ::kill(pid_, SIGKILL);
    wait_for_end();
}

void Slapd::wait_for_end() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
    pid_ = -1;
    is_paused_ = false;
}

void Slapd::pause() {
    if (pid_ <= 0) fail("it does not run");
    ::kill(pid_, SIGSTOP);
    int status = 0;
    while (::waitpid(pid_, &status, WUNTRACED) < 0 && errno == EINTR) {}
    if (!WIFSTOPPED(status)) fail("it did not stop");
    is_paused_ = true;
}

void Slapd::resume() {
    if (pid_ > 0) ::kill(pid_, SIGCONT);
    is_paused_ = false;
}

std::string Slapd::ldaps_url() const { return "ldaps://127.0.0.1:" + std::to_string(tls_port_); }
std::string Slapd::starttls_url() const { return "ldap://127.0.0.1:" + std::to_string(port_); }
std::string Slapd::ldapi_url() const {
    std::string url = "ldapi://";
    for (const char c : folder_ + "/ldapi") url += c == '/' ? std::string("%2F") : std::string(1, c);
    return url;
}
std::string Slapd::ca_file() { return pki().file("ca.pem"); }
std::string Slapd::stranger_ca_file() { return pki().file("stranger-ca.pem"); }
std::string Slapd::client_certificate_file() { return pki().file("client.pem"); }
std::string Slapd::client_key_file() { return pki().file("client.key"); }
std::string Slapd::password_file() const { return folder_ + "/broker-password"; }
std::string Slapd::bind_dn() { return "cn=stint,ou=services,dc=example,dc=test"; }
std::string Slapd::person_dn(const std::string& login) { return "uid=" + login + ",ou=people,dc=example,dc=test"; }
std::string Slapd::group_dn(const std::string& name) { return "cn=" + name + ",ou=groups,dc=example,dc=test"; }

LDAP* Slapd::admin() {
    if (admin_ != nullptr) return admin_;
    LDAP* handle = nullptr;
    if (::ldap_initialize(&handle, ldapi_url().c_str()) != LDAP_SUCCESS) fail("ldap_initialize");
    const int version = LDAP_VERSION3;
    const timeval limit{10, 0};
    ::ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);
    ::ldap_set_option(handle, LDAP_OPT_TIMEOUT, &limit);
    std::string password = admin_password;
    berval credentials{password.size(), password.data()};
    const int code = ::ldap_sasl_bind_s(handle, admin_dn, LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, nullptr);
    if (code != LDAP_SUCCESS) {
        ::ldap_unbind_ext_s(handle, nullptr, nullptr);
        fail(std::string("the administrator cannot bind: ") + ::ldap_err2string(code));
    }
    return admin_ = handle;
}

void Slapd::drop_admin() {
    if (admin_ != nullptr) ::ldap_unbind_ext_s(admin_, nullptr, nullptr);
    admin_ = nullptr;
}

int Slapd::modify(int operation, const std::string& dn, const std::string& attribute, const std::string& value) {
    berval data{value.size(), const_cast<char*>(value.data())};
    berval* values[] = {&data, nullptr};
    LDAPMod change{};
    change.mod_op = operation | LDAP_MOD_BVALUES;
    change.mod_type = const_cast<char*>(attribute.c_str());
    change.mod_bvalues = values;
    LDAPMod* changes[] = {&change, nullptr};
    return ::ldap_modify_ext_s(admin(), dn.c_str(), changes, nullptr, nullptr);
}

int Slapd::add_value(const std::string& dn, const std::string& attribute, const std::string& value) {
    return modify(LDAP_MOD_ADD, dn, attribute, value);
}
int Slapd::remove_value(const std::string& dn, const std::string& attribute, const std::string& value) {
    return modify(LDAP_MOD_DELETE, dn, attribute, value);
}
int Slapd::replace_value(const std::string& dn, const std::string& attribute, const std::string& value) {
    return modify(LDAP_MOD_REPLACE, dn, attribute, value);
}

int Slapd::add_entry(const std::string& dn, const std::vector<std::pair<std::string, std::string>>& attributes) {
    std::map<std::string, std::vector<std::string>> grouped;
    for (const auto& [name, value] : attributes) grouped[name].push_back(value);
    std::vector<std::vector<char*>> values;
    std::vector<LDAPMod> changes;
    std::vector<LDAPMod*> list;
    values.reserve(grouped.size());
    changes.reserve(grouped.size());
    for (auto& [name, texts] : grouped) {
        auto& pointers = values.emplace_back();
        for (auto& text : texts) pointers.push_back(text.data());
        pointers.push_back(nullptr);
        LDAPMod change{};
        change.mod_op = LDAP_MOD_ADD;
        change.mod_type = const_cast<char*>(name.c_str());
        change.mod_values = pointers.data();
        changes.push_back(change);
        list.push_back(&changes.back());
    }
    list.push_back(nullptr);
    return ::ldap_add_ext_s(admin(), dn.c_str(), list.data(), nullptr, nullptr);
}

int Slapd::remove_entry(const std::string& dn) { return ::ldap_delete_ext_s(admin(), dn.c_str(), nullptr, nullptr); }

int Slapd::remove_referral(const std::string& dn) {
    LDAPControl manage{const_cast<char*>(LDAP_CONTROL_MANAGEDSAIT), {0, nullptr}, 1};
    LDAPControl* controls[] = {&manage, nullptr};
    return ::ldap_delete_ext_s(admin(), dn.c_str(), controls, nullptr);
}

int Slapd::rename_entry(const std::string& dn, const std::string& new_rdn, const std::string& new_parent) {
    return ::ldap_rename_s(admin(), dn.c_str(), new_rdn.c_str(), new_parent.empty() ? nullptr : new_parent.c_str(), 1,
                           nullptr, nullptr);
}

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

std::vector<std::string> Slapd::values(const std::string& dn, const std::string& attribute) {
    auto name = attribute;
    char* names[] = {name.data(), nullptr};
    LDAPMessage* answer = nullptr;
    const int code = ::ldap_search_ext_s(admin(), dn.c_str(), LDAP_SCOPE_BASE, "(objectClass=*)", names, 0, nullptr, nullptr,
                                         nullptr, 0, &answer);
    std::vector<std::string> found;
    if (auto* entry = code == LDAP_SUCCESS ? ::ldap_first_entry(admin(), answer) : nullptr; entry != nullptr)
        if (berval** data = ::ldap_get_values_len(admin(), entry, attribute.c_str()); data != nullptr) {
            for (int i = 0; data[i] != nullptr; ++i) found.emplace_back(data[i]->bv_val, data[i]->bv_len);
            ::ldap_value_free_len(data);
        }
    ::ldap_msgfree(answer);
    if (code != LDAP_SUCCESS && code != LDAP_NO_SUCH_OBJECT) fail("cannot read " + dn + ": " + ::ldap_err2string(code));
    return found;
}

std::string Slapd::entry_uuid(const std::string& dn) {
    const auto found = values(dn, "entryUUID");
    return found.empty() ? "" : found.front();
}

}  // namespace stint::testing
