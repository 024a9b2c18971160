// One child process: started with nothing of ours but three pipes, killed with its whole group, always
// reaped. Knows nothing of what is said over the pipes, and waits for nothing but the start of the program.
#pragma once

#include "plugin_host/descriptor.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace stint::plugin_host {

class Child {
public:
    /// Starts `program` in a process group of its own, with a small clean environment, no descriptors but 0 to 2,
    /// default signals, and a SIGKILL waiting for it when the calling thread ends. Throws std::system_error when
    /// it cannot be started: ENOENT, EACCES and ENOEXEC come from the program itself.
    explicit Child(const std::filesystem::path& program);
    /// Kills the whole group and reaps, if neither `finish` nor `release` was called before.
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Our ends of its pipes, each to be taken once.
    Descriptor input, output, errors;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    /// Readable once the process has ended.
    [[nodiscard]] int pidfd() const noexcept { return pidfd_.get(); }
    /// To the whole group; nothing when it was reaped.
    void signal(int number) noexcept;
    /// Kills the group and reaps the process, waiting so long at most for the kernel to end it. How it ended, in
    /// words ("exited with status 1"), or absent when it would not end.
    std::optional<std::string> finish(std::chrono::milliseconds patience) noexcept;
    /// One that would not end: whoever takes it reaps it when it does. Nothing else of it is of use then.
    struct Remains {
        pid_t pid = -1;
        Descriptor pidfd;
    };
    [[nodiscard]] Remains release() noexcept { return {std::exchange(pid_, -1), std::move(pidfd_)}; }

private:
    pid_t pid_ = -1;
    Descriptor pidfd_;
    bool is_reaped_ = false, has_refused_ = false;
    std::string ending_;
};

}  // namespace stint::plugin_host
