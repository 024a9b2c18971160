// A place to run misbehaving plugins in: a temporary folder for their programs, an io context that runs on the
// test's own thread with a deadline, and a way to look at processes. Must hold no expectations of its own.
#pragma once

#include "plugin_host/plugin_process.hpp"
#include "ports/fault.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace stint::test {

/// Text before every Python plugin: `read()` → a request, `say(object)`, `answer(request, result)`, `greet()` which
/// reads and answers `initialize`, and `serve(handler)` which answers calls until the end of input.
[[nodiscard]] std::string python_prelude();

class PluginWorld : public testing::Test {
protected:
    PluginWorld();
    ~PluginWorld() override;

    /// Writes an executable Python program: the prelude, then `body`.
    [[nodiscard]] std::filesystem::path python(const std::string& body);
    [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / name; }
    /// A spec of kind `directory` with short times.
    [[nodiscard]] static PluginSpec spec_for(const std::filesystem::path& program);
    [[nodiscard]] std::shared_ptr<PluginProcess> start(const PluginSpec& spec);
    [[nodiscard]] std::shared_ptr<PluginProcess> start_python(const std::string& body);

    /// Runs the context until the coroutine is done; rethrows what it throws. Fails after 20 s.
    template <class T>
    T run(boost::asio::awaitable<T> work);
    void run(boost::asio::awaitable<void> work);
    /// Runs the context until `is_so`; false after `patience`.
    [[nodiscard]] bool wait_for(const std::function<bool()>& is_so, std::chrono::milliseconds patience = std::chrono::seconds(20));
    /// Brings it up, or says why not.
    void bring_up(const std::shared_ptr<PluginProcess>& plugin);
    /// What `ready` throws; "" when it passes.
    struct NotReady {
        std::string what;
        bool is_final = false;
    };
    [[nodiscard]] NotReady not_ready(const std::shared_ptr<PluginProcess>& plugin, std::chrono::milliseconds patience = std::chrono::seconds(10));
    /// One call; its fault, absent when it was answered.
    [[nodiscard]] std::optional<FaultKind> fault_of(const std::shared_ptr<PluginProcess>& plugin, const std::string& method, plugin_host::Impact impact);

    [[nodiscard]] static bool exists(pid_t pid);
    [[nodiscard]] static int open_descriptors();
    [[nodiscard]] static int children();
    [[nodiscard]] std::string content(const std::string& name) const;

    boost::asio::io_context io;

private:
    std::filesystem::path folder_;
    int programs_ = 0;
};

template <class T>
T PluginWorld::run(boost::asio::awaitable<T> work) {
    std::optional<T> value;
    std::exception_ptr error;
    bool is_done = false;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T result) {
        error = thrown;
        if (!thrown) value.emplace(std::move(result));
        is_done = true;
    });
    if (!wait_for([&] { return is_done; })) throw std::runtime_error("the test's work is not done after 20 s");
    if (error) std::rethrow_exception(error);
    return std::move(*value);
}

}  // namespace stint::test
