// What every fixture with a real server needs: a folder of its own, a child that dies with the test, a free port,
// certificates by an authority of this test alone. Knows nothing of any server.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace stint::testing {

/// Removed with everything in it when this goes.
class TemporaryFolder {
public:
    explicit TemporaryFolder(const std::string& kind);
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

// All throw std::runtime_error.
[[nodiscard]] std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);  ///< mode 0600
/// Every word that is a key, replaced by its value.
[[nodiscard]] std::string filled_in(std::string text, const std::map<std::string, std::string>& words);
/// Where Debian has put it; `package` is named when it is not there.
[[nodiscard]] std::string program(const std::string& name, const std::string& package);
/// Runs to its end; what it printed is in the error when its status is not 0.
void run_program(const std::vector<std::string>& words, const std::string& log, const std::map<std::string, std::string>& environment = {});
/// A port of this address that is free now. Somebody may take it before the server does: then try another.
[[nodiscard]] int free_port(const std::string& address = "127.0.0.1");

/// One running program; killed when this goes, and when the test dies.
class ServerProcess {
public:
    ServerProcess() = default;
    ~ServerProcess() { kill(); }
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    void start(const std::vector<std::string>& words, const std::string& log, const std::map<std::string, std::string>& environment = {});
    [[nodiscard]] bool has_ended();  ///< by itself
    void stop();                     ///< SIGTERM, waits for its end
    void kill();                     ///< SIGKILL, waits for its end
    void pause();                    ///< SIGSTOP: connections stay, nothing answers
    void resume();
    [[nodiscard]] bool is_running() const { return pid_ > 0; }
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    void wait_for_end();

    pid_t pid_ = -1;
    bool is_paused_ = false;
};

/// The certificates of pki.sh, made once a process and taken away at its end: "ca.pem", "server.key", …
[[nodiscard]] std::string pki_file(const std::string& name);
[[nodiscard]] std::string pki_folder();
/// One more certificate by the same authority, for this address: pki_file(name + ".pem").
void make_certificate(const std::string& name, const std::string& address);

}  // namespace stint::testing
