// Pipes, a child, and lines. The program is STINT_DIRECTORY_LDAP.
#include "tests/contract/ldap/plugin_client.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace stint::testing {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
constexpr auto limit_of_every_wait = 60s;

}  // namespace

PluginClient::PluginClient(RunHow how) {
    ::signal(SIGPIPE, SIG_IGN);
    auto pattern = (std::filesystem::temp_directory_path() / "stint-plugin-log-XXXXXX").string();
    const int log = ::mkostemp(pattern.data(), O_CLOEXEC);
    log_file_ = pattern;
    std::array<int, 2> in{}, out{};
    if (log < 0 || ::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipes");
    const auto parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        ::dup2(in[0], 0);
        ::dup2(out[1], 1);
        ::dup2(log, 2);
        ::signal(SIGPIPE, SIG_DFL);
        ::unsetenv("LDAPNOINIT");
        for (const auto& [name, value] : how.environment) ::setenv(name.c_str(), value.c_str(), 1);
        if (!how.folder.empty() && ::chdir(how.folder.c_str()) != 0) ::_exit(126);
        ::execl(STINT_DIRECTORY_LDAP, "directory-ldap", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    ::close(log);
    in_ = in[1];
    out_ = out[0];
}

PluginClient::~PluginClient() {
    close_input();
    if (pid_ > 0) {
        const int status = wait_for_end();
        if (status != 0) ADD_FAILURE() << "the plugin ended with " << status << "; its log:\n" << log();
    }
    ::close(out_);
    std::filesystem::remove(log_file_);
}

void PluginClient::close_input() {
    if (in_ >= 0) ::close(in_);
    in_ = -1;
}

int PluginClient::wait_for_end() {
    const auto limit = std::chrono::steady_clock::now() + limit_of_every_wait;
    int status = 0;
    while (::waitpid(pid_, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > limit) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, &status, 0);
            break;
        }
        std::this_thread::sleep_for(1ms);
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string PluginClient::log() {
    std::ifstream file(log_file_);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void PluginClient::wait_for_log(const std::string& words, int times) {
    const auto limit = std::chrono::steady_clock::now() + limit_of_every_wait;
    while (std::chrono::steady_clock::now() < limit) {
        const auto text = log();
        int seen = 0;
        for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++seen;
        if (seen >= times) return;
        std::this_thread::sleep_for(2ms);
    }
    throw std::runtime_error("the log never said '" + words + "':\n" + log());
}

int PluginClient::send(const std::string& method, const json::object& params) {
    const int id = next_id_++;
    const json::object request{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
    const auto line = json::serialize(request) + "\n";
    std::size_t written = 0;
    while (written < line.size()) {
        const auto count = ::write(in_, line.data() + written, line.size() - written);
        if (count <= 0) throw std::runtime_error("the plugin does not read; its log:\n" + log());
        written += static_cast<std::size_t>(count);
    }
    return id;
}

std::string PluginClient::read_line(std::chrono::steady_clock::time_point limit) {
    while (true) {
        if (const auto end = buffer_.find('\n'); end != std::string::npos) {
            auto line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(limit - std::chrono::steady_clock::now());
        pollfd waiting{out_, POLLIN, 0};
        if (left <= 0ms || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0)
            throw std::runtime_error("no answer; the plugin's log:\n" + log());
        std::array<char, 65536> bytes{};
        const auto count = ::read(out_, bytes.data(), bytes.size());
        if (count <= 0) throw std::runtime_error("the plugin has gone; its log:\n" + log());
        buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    }
}

json::object PluginClient::answer(int id) {
    const auto limit = std::chrono::steady_clock::now() + limit_of_every_wait;
    while (!early_.contains(id)) {
        auto response = json::parse(read_line(limit)).as_object();
        const auto* its_id = response.if_contains("id");
        if (its_id != nullptr && its_id->is_int64()) early_[static_cast<int>(its_id->as_int64())] = std::move(response);
    }
    return std::move(early_.extract(id).mapped());
}

Failure failure_in(const json::object& response) {
    const auto* error = response.if_contains("error");
    if (error == nullptr) {
        ADD_FAILURE() << "a result, where an error was expected: " << json::serialize(response);
        return {};
    }
    const auto& object = error->as_object();
    Failure out;
    out.code = static_cast<int>(object.at("code").as_int64());
    out.message = object.at("message").as_string();
    if (const auto* data = object.if_contains("data"); data != nullptr) {
        out.reason = data->as_object().at("reason").as_string();
        if (const auto* code = data->as_object().if_contains("result_code"); code != nullptr) out.result_code = static_cast<int>(code->as_int64());
    }
    return out;
}

json::object PluginClient::call(const std::string& method, const json::object& params) {
    auto response = answer(send(method, params));
    if (!response.contains("result")) throw std::runtime_error(method + ": " + json::serialize(response) + "\n" + log());
    return response.at("result").as_object();
}

Failure PluginClient::fail(const std::string& method, const json::object& params) { return failure_in(answer(send(method, params))); }

json::object PluginClient::initialize(const json::object& settings) {
    return call("initialize", {{"protocol", 1}, {"kind", "directory"}, {"settings", settings}});
}

Failure PluginClient::initialize_fails(const json::object& settings) {
    return fail("initialize", {{"protocol", 1}, {"kind", "directory"}, {"settings", settings}});
}

}  // namespace stint::testing
