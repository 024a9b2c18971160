// Between fork and exec only what is async-signal-safe; why an exec failed comes back through a pipe.
#include "client/cli/command.hpp"

#include "client/cli/poll.hpp"
#include "client/cli/trouble.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace stint::cli {
namespace {

Trouble cannot_execute(const std::string& name, int error) {
    if (error == ENOENT || error == ENOTDIR)
        return {ExitCode::run_not_found, "command_not_found", "There is no command " + name + ".", "Check its name and $PATH."};
    return {ExitCode::run_cannot_execute, "command_not_executable",
            "The command " + name + " cannot be executed: " + std::generic_category().message(error) + ".", "Check the file and its permissions."};
}

/// 0 when it can be executed, else why not.
int trouble_with(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return errno;
    if (!S_ISREG(status.st_mode)) return EACCES;
    return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
    std::vector<std::string> all;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        bool is_replaced = false;
        for (const auto& [name, value] : added) is_replaced = is_replaced || text.starts_with(name + "=");
        if (!is_replaced) all.emplace_back(text);
    }
    for (const auto& [name, value] : added) all.push_back(name + "=" + value);
    return all;
}

}  // namespace

std::string find_command(const std::string& name) {
    if (name.empty()) throw cannot_execute("`` (its name is empty)", ENOENT);
    if (name.find('/') != std::string::npos) {
        if (const int error = trouble_with(name); error != 0) throw cannot_execute(name, error);
        return name;
    }
    const char* path = std::getenv("PATH");
    std::string_view folders = path != nullptr ? path : "/bin:/usr/bin";
    int worst = ENOENT;
    for (bool is_last = false; !is_last;) {
        const std::size_t colon = folders.find(':');
        is_last = colon == std::string_view::npos;
        const std::string folder(folders.substr(0, colon));
        const std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
        const int error = trouble_with(candidate);
        if (error == 0) return candidate;
        if (error != ENOENT && error != ENOTDIR) worst = error;
        if (!is_last) folders.remove_prefix(colon + 1);
    }
    throw cannot_execute(name, worst);
}

pid_t start_command(const std::string& path, const std::vector<std::string>& words,
                    const std::vector<std::pair<std::string, std::string>>& environment) {
    std::vector<std::string> arguments = words, variables = environment_with(environment);
    const std::vector<char*> argv = pointers(arguments), envp = pointers(variables);
    std::array<int, 2> report{};
    if (::pipe2(report.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    const pid_t child = ::fork();
    if (child == 0) {
        restore_signals();
        ::execve(path.c_str(), argv.data(), envp.data());
        const int error = errno;
        static_cast<void>(!::write(report[1], &error, sizeof error));
        ::_exit(error == ENOENT ? 127 : 126);
    }
    const int fork_error = errno;
    ::close(report[1]);
    int error = child < 0 ? fork_error : 0;
    ssize_t got = 0;
    while (child > 0 && (got = ::read(report[0], &error, sizeof error)) < 0 && errno == EINTR) {}
    ::close(report[0]);
    if (child < 0) throw std::system_error(error, std::generic_category(), "fork");
    if (got == static_cast<ssize_t>(sizeof error)) {
        while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {}
        throw cannot_execute(words.front(), error);
    }
    return child;
}

}  // namespace stint::cli
