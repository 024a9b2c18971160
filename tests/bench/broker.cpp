// Files, processes and waiting for them. The people's uids are known to stintd through nss_wrapper(1).
#include "tests/bench/broker.hpp"

#include "tests/bench/figures.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace stint::bench {
namespace {

namespace fs = std::filesystem;

constexpr int start_limit_ms = 120'000;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

std::string in_quotes(const std::string& text) { return '"' + text + '"'; }

std::string numbered(const char* form, int number) {
    char text[64];
    std::snprintf(text, sizeof text, form, number);
    return text;
}

std::string team_dn(int number) { return testing::Slapd::group_dn("team" + std::to_string(number)); }

void write(const std::string& path, const std::string& text) {
    std::ofstream out(path);
    out << text;
    if (!out.flush()) fail("cannot write " + path);
}

/// Where sd_notify(3) says READY=1.
class ReadySocket {
public:
    explicit ReadySocket(const std::string& path) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ::unlink(path.c_str());
        if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("cannot listen at " + path);
    }
    ~ReadySocket() { ::close(descriptor_); }
    ReadySocket(const ReadySocket&) = delete;
    ReadySocket& operator=(const ReadySocket&) = delete;

    void wait() const {
        for (pollfd ready{descriptor_, POLLIN, 0};;) {
            if (::poll(&ready, 1, start_limit_ms) <= 0) fail("stintd does not become ready");
            char text[256];
            const auto size = ::recv(descriptor_, text, sizeof text - 1, 0);
            if (size < 0) fail("stintd's word cannot be read");
            text[size] = '\0';
            if (std::strstr(text, "READY=1") != nullptr) return;
        }
    }

private:
    int descriptor_;
};

}  // namespace

uid_t Broker::uid(int person) { return 200'000U + static_cast<uid_t>(person); }
std::string Broker::login(int person) { return numbered("p%05d", person); }
std::string Broker::entitlement(int number) { return "task-" + std::to_string(number); }
std::string Broker::group_dn(int number) { return testing::Slapd::group_dn("bulk" + std::to_string(number)); }

Broker::Broker(Size size) : size_(size) {
    if (::geteuid() != 0) fail("this needs root: it connects as many people, and only root can be everybody");
    testing::SlapdOptions options;
    options.is_durable = true;
    options.more_ldif = people_and_groups();
    slapd_ = std::make_unique<testing::Slapd>(options);
    auto pattern = (fs::temp_directory_path() / "stint-bench-XXXXXX").string();
    ::umask(022);  // the broker does not trust what a group may write
    if (::mkdtemp(pattern.data()) == nullptr) fail("cannot make a temporary folder");
    folder_ = pattern;
    ::chmod(folder_.c_str(), 0711);  // others come to the socket in it
    write_files();
}

Broker::~Broker() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string Broker::people_and_groups() const {
    std::ostringstream out;
    for (int person = 0; person < size_.people; ++person) {
        const std::string name = login(person);
        out << "dn: " << testing::Slapd::person_dn(name) << "\nobjectClass: inetOrgPerson\nuid: " << name << "\ncn: Person " << person
            << "\nsn: Person\nmail: " << name << "@example.test\n\n";
    }
    for (int team = 0; team < size_.teams(); ++team) {
        out << "dn: " << team_dn(team) << "\nobjectClass: groupOfNames\ncn: team" << team << '\n';
        for (int seat = 0; seat < Size::team; ++seat) out << "member: " << testing::Slapd::person_dn(login(team * Size::team + seat)) << '\n';
        out << '\n';
    }
    for (int number = 0; number < size_.entitlements; ++number)
        out << "dn: " << group_dn(number) << "\nobjectClass: groupOfNames\ncn: bulk" << number << "\nmember: cn=nobody,dc=example,dc=test\n\n";
    return out.str();
}

void Broker::write_files() {
    std::ostringstream groups, policy, passwd, config;
    for (int number = 0; number < size_.entitlements; ++number) {
        std::string teams;
        for (int team = number % size_.kinds(); team < size_.teams(); team += size_.kinds())
            teams += (teams.empty() ? "" : ", ") + in_quotes(team_dn(team));
        groups << (number == 0 ? "" : ", ") << in_quotes(group_dn(number));
        policy << "[[entitlement]]\nname = " << in_quotes(entitlement(number)) << "\ntitle = \"A task\"\nrisk = \"low\"\naccess = \"write\"\n"
               << "groups = [" << in_quotes(group_dn(number)) << "]\nrequesters = [" << teams
               << "]\nduration = { default = \"1h\", max = \"8h\" }\n\n";
    }
    for (int person = 0; person < size_.people; ++person)
        passwd << login(person) << ":x:" << uid(person) << ":65534::/nonexistent:/bin/false\n";
    config << "[listen]\nsocket = " << in_quotes(socket()) << "\nconnections_per_uid = 1000\nrequests_per_minute = 100000\n"
           << "[store]\npath = " << in_quotes(folder_ + "/stint.db") << "\n[policy]\nfolder = " << in_quotes(folder_ + "/policy.d")
           << "\n[plugins]\nfolder = " << in_quotes(STINT_BIN_FOLDER) << "\n[log]\nlevel = \"warning\"\n[directory]\nplugin = \"directory-ldap\"\n"
           << "[directory.settings]\nservers = [" << in_quotes(slapd_->ldaps_url()) << "]\nca_file = " << in_quotes(testing::Slapd::ca_file())
           << "\nbind_dn = " << in_quotes(testing::Slapd::bind_dn()) << "\nbind_password_file = " << in_quotes(slapd_->password_file())
           << "\npeople = { base = \"ou=people,dc=example,dc=test\", login = \"uid\" }\n"
           << "groups = { base = \"ou=groups,dc=example,dc=test\" }\nmanaged_groups = [" << groups.str() << "]\n";
    fs::create_directory(folder_ + "/policy.d");
    write(folder_ + "/policy.d/tasks.toml", policy.str());
    write(folder_ + "/stintd.toml", config.str());
    write(folder_ + "/passwd", passwd.str());
    write(folder_ + "/group", "nogroup:x:65534:\n");
}

double Broker::start() {
    const std::string program = std::string(STINT_BIN_FOLDER) + "/stintd", file = folder_ + "/stintd.toml", log = folder_ + "/log";
    const std::string notify = folder_ + "/ready";
    const ReadySocket ready(notify);
    const auto parent = ::getpid();
    const auto begin = Clock::now();
    pid_ = ::fork();
    if (pid_ < 0) fail("cannot fork");
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        ::setenv("LD_PRELOAD", "libnss_wrapper.so", 1);
        ::setenv("NSS_WRAPPER_PASSWD", (folder_ + "/passwd").c_str(), 1);
        ::setenv("NSS_WRAPPER_GROUP", (folder_ + "/group").c_str(), 1);
        ::setenv("NOTIFY_SOCKET", notify.c_str(), 1);
        const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
        ::dup2(out, 1);
        ::dup2(out, 2);
        ::execl(program.c_str(), program.c_str(), "--config", file.c_str(), nullptr);
        ::_exit(127);
    }
    try {
        ready.wait();
    } catch (const std::exception& error) {
        std::ostringstream told;
        told << std::ifstream(log).rdbuf();
        fail(std::string(error.what()) + ": " + told.str());
    }
    return seconds_since(begin);
}

void Broker::stop() {
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    if (status != 0) fail("stintd did not end well");
}

std::string Broker::client_for_everybody() const {
    const std::string copy = folder_ + "/stint";
    fs::copy_file(std::string(STINT_BIN_FOLDER) + "/stint", copy);
    return copy;
}

double Broker::memory_mb() const {
    std::ifstream in("/proc/" + std::to_string(pid_) + "/status");
    for (std::string word; in >> word;) {
        double kib = 0;
        if (word == "VmRSS:" && in >> kib) return kib * 1024 / 1e6;
    }
    fail("stintd's memory cannot be read");
}

}  // namespace stint::bench
