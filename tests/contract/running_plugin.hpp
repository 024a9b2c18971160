// A plugin program, run by the real host, as a port: what the contract suites hold against the plugins.
#pragma once

#include "plugin_host/plugin_process.hpp"
#include "tests/contract/run_until.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <string>

namespace stint::testing {

/// Starts `program` and waits until it is up; its io context lives as long as it does.
class RunningPlugin {
public:
    RunningPlugin(const std::string& program, const std::string& kind, boost::json::object settings);
    ~RunningPlugin();
    RunningPlugin(const RunningPlugin&) = delete;
    RunningPlugin& operator=(const RunningPlugin&) = delete;
    [[nodiscard]] boost::asio::io_context& io() { return io_; }
    [[nodiscard]] const std::shared_ptr<PluginProcess>& process() const { return process_; }
    /// Ends it in order and starts it anew.
    void restart();

private:
    void start();

    boost::asio::io_context io_;
    PluginSpec spec_;
    std::shared_ptr<PluginProcess> process_;
};

}  // namespace stint::testing
