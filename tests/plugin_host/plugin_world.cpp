// The place misbehaving plugins run in; see the header.
#include "plugin_world.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

namespace stint::test {
using namespace std::chrono_literals;

std::string python_prelude() {
    return R"(#!/usr/bin/python3 -IS
import sys, os, json, time, signal

def read():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)

def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()

def answer(request, result):
    say({"jsonrpc": "2.0", "id": request["id"], "result": result})

def refuse(request, code, reason, message="no", **data):
    say({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message, "data": {"reason": reason, **data}}})

WHO = {"name": "odd", "version": "1", "kind": "directory", "protocol": 1, "capabilities": []}

def greet(**others):
    request = read()
    answer(request, {**WHO, **others})
    return request

def serve(handler):
    while True:
        request = read()
        if request["method"] == "shutdown":
            answer(request, {})
            sys.exit(0)
        handler(request)

def note(name, text):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "a") as f:
        f.write(text + "\n")

)";
}

PluginWorld::PluginWorld() {
    std::string name = (std::filesystem::temp_directory_path() / "stint-plugin-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
}

PluginWorld::~PluginWorld() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::filesystem::path PluginWorld::python(const std::string& body) {
    const std::filesystem::path path = folder_ / ("plugin" + std::to_string(++programs_));
    std::ofstream(path) << python_prelude() << body;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
}

PluginSpec PluginWorld::spec_for(const std::filesystem::path& program) {
    PluginSpec spec;
    spec.name = "odd";
    spec.kind = "directory";
    spec.program = program;
    spec.initialize_timeout = 8s;
    spec.call_timeout = 8s;
    spec.restart_delay_min = 10ms;
    spec.restart_delay_max = 50ms;
    return spec;
}

std::shared_ptr<PluginProcess> PluginWorld::start(const PluginSpec& spec) { return start_plugin(io.get_executor(), spec); }
std::shared_ptr<PluginProcess> PluginWorld::start_python(const std::string& body) { return start(spec_for(python(body))); }

void PluginWorld::run(boost::asio::awaitable<void> work) {
    std::exception_ptr error;
    bool is_done = false;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown) {
        error = thrown;
        is_done = true;
    });
    if (!wait_for([&] { return is_done; })) throw std::runtime_error("the test's work is not done after 20 s");
    if (error) std::rethrow_exception(error);
}

bool PluginWorld::wait_for(const std::function<bool()>& is_so, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!is_so()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        io.restart();
        io.run_one_for(20ms);
    }
    return true;
}

void PluginWorld::bring_up(const std::shared_ptr<PluginProcess>& plugin) { run(plugin->ready(10s)); }

PluginWorld::NotReady PluginWorld::not_ready(const std::shared_ptr<PluginProcess>& plugin, std::chrono::milliseconds patience) {
    try {
        run(plugin->ready(patience));
        return {};
    } catch (const PluginNotReady& error) {
        return {error.what(), error.is_final()};
    }
}

std::optional<FaultKind> PluginWorld::fault_of(const std::shared_ptr<PluginProcess>& plugin, const std::string& method, plugin_host::Impact impact) {
    try {
        static_cast<void>(run(plugin->call(method, {}, impact)));
        return std::nullopt;
    } catch (const Fault& fault) {
        return fault.kind();
    }
}

bool PluginWorld::exists(pid_t pid) { return ::kill(pid, 0) == 0; }

int PluginWorld::open_descriptors() {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

int PluginWorld::children() {
    std::ifstream list("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    int count = 0, pid = 0;
    while (list >> pid) ++count;
    return count;
}

std::string PluginWorld::content(const std::string& name) const {
    std::ifstream in(folder_ / name);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace stint::test
