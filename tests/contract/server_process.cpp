// Children and folders; see the header.
#include "tests/contract/server_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace stint::testing {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("server fixture: " + what); }

/// Starts a program whose output goes to `log`; it dies with this process.
pid_t spawn(const std::vector<std::string>& words, const std::string& log, const std::map<std::string, std::string>& environment) {
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
        for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
    return child;
}

/// Made once a process and taken away at its end.
class Pki {
public:
    Pki() { run_program({"/bin/sh", STINT_PKI_SCRIPT, folder_.path()}, folder_.path() + "/log"); }
    [[nodiscard]] const std::string& folder() const { return folder_.path(); }

private:
    TemporaryFolder folder_{"pki"};
};

}  // namespace

TemporaryFolder::TemporaryFolder(const std::string& kind) {
    path_ = (fs::temp_directory_path() / ("stint-" + kind + "-XXXXXX")).string();
    if (::mkdtemp(path_.data()) == nullptr) fail("cannot make a temporary folder");
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
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

std::string program(const std::string& name, const std::string& package) {
    for (const auto* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/"})
        if (::access((folder + name).c_str(), X_OK) == 0) return folder + name;
    fail(name + " is not installed (apt-get install " + package + ")");
}

void run_program(const std::vector<std::string>& words, const std::string& log, const std::map<std::string, std::string>& environment) {
    const auto child = spawn(words, log, environment);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (status != 0) fail(words[0] + " failed: " + read_file(log));
}

int free_port(const std::string& address) {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    ::inet_pton(AF_INET, address.c_str(), &place.sin_addr);
    socklen_t length = sizeof place;
    const bool is_bound = ::bind(probe, reinterpret_cast<sockaddr*>(&place), length) == 0 &&
                          ::getsockname(probe, reinterpret_cast<sockaddr*>(&place), &length) == 0;
    ::close(probe);
    if (!is_bound) fail("no free port");
    return ntohs(place.sin_port);
}

void ServerProcess::start(const std::vector<std::string>& words, const std::string& log, const std::map<std::string, std::string>& environment) {
    if (pid_ > 0) fail("it runs already");
    ::signal(SIGPIPE, SIG_IGN);  // libldap writes to servers that a test has killed
    pid_ = spawn(words, log, environment);
}

bool ServerProcess::has_ended() {
    int status = 0;
    if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) pid_ = -1;
    return pid_ <= 0;
}

void ServerProcess::stop() {
    if (pid_ <= 0) return;
    if (is_paused_) resume();
    ::kill(pid_, SIGTERM);
    wait_for_end();
}

void ServerProcess::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait_for_end();
}

void ServerProcess::wait_for_end() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
    pid_ = -1;
    is_paused_ = false;
}

void ServerProcess::pause() {
    if (pid_ <= 0) fail("it does not run");
    ::kill(pid_, SIGSTOP);
    int status = 0;
    while (::waitpid(pid_, &status, WUNTRACED) < 0 && errno == EINTR) {}
    if (!WIFSTOPPED(status)) fail("it did not stop");
    is_paused_ = true;
}

void ServerProcess::resume() {
    if (pid_ > 0) ::kill(pid_, SIGCONT);
    is_paused_ = false;
}

std::string pki_folder() {
    static const Pki made;
    return made.folder();
}

std::string pki_file(const std::string& name) { return pki_folder() + "/" + name; }

void make_certificate(const std::string& name, const std::string& address) {
    run_program({"/bin/sh", STINT_PKI_SCRIPT, pki_folder(), name, address}, pki_folder() + "/log");
}

}  // namespace stint::testing
