// A plugin program as the broker sees it: a child with pipes. Every wait has a deadline; its log is kept.
#pragma once

#include <boost/json/object.hpp>

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace stint::testing {

/// An error object of the plugin.
struct Failure {
    int code = 0;
    std::string reason, message;
    int result_code = 0;
};

/// How the program is run.
struct RunHow {
    std::map<std::string, std::string> environment{};  ///< added; LDAPNOINIT is always taken away
    std::string folder{};                              ///< to run in
};

class PluginClient {
public:
    explicit PluginClient(RunHow how = {});
    ~PluginClient();
    PluginClient(const PluginClient&) = delete;
    PluginClient& operator=(const PluginClient&) = delete;

    /// Throws std::runtime_error when it is not answered with a result.
    boost::json::object call(const std::string& method, const boost::json::object& params = {});
    /// Fails the test when it is answered with a result.
    Failure fail(const std::string& method, const boost::json::object& params = {});
    boost::json::object initialize(const boost::json::object& settings);
    Failure initialize_fails(const boost::json::object& settings);

    int send(const std::string& method, const boost::json::object& params);
    boost::json::object answer(int id);  ///< the whole response object
    [[nodiscard]] std::string log();     ///< so far
    void wait_for_log(const std::string& words, int times = 1);
    void close_input();
    int wait_for_end();  ///< exit status
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    std::string read_line(std::chrono::steady_clock::time_point limit);

    pid_t pid_ = -1;
    int in_ = -1, out_ = -1;
    int next_id_ = 1;
    std::string buffer_, log_file_;
    std::map<int, boost::json::object> early_;
};

[[nodiscard]] Failure failure_in(const boost::json::object& response);

}  // namespace stint::testing
