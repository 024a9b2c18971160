// Ends: in order, by force, with grandchildren, and what is left behind (nothing).
#include "plugin_world.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <utility>

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using plugin_host::Impact;

class End : public PluginWorld {
protected:
    static std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    }
    // Gone, or a zombie of somebody else's: a grandchild is not ours to reap.
    bool has_died(pid_t pid) const {
        const std::filesystem::path status = "/proc/" + std::to_string(pid) + "/status";
        std::FILE* in = std::fopen(status.c_str(), "r");
        if (in == nullptr) return true;
        char text[512] = {};
        const std::size_t size = std::fread(text, 1, sizeof text - 1, in);
        std::fclose(in);
        return std::string(text, size).find("State:\tZ") != std::string::npos;
    }
};

TEST_F(End, shutdown_is_asked_for_and_heard) {
    const auto plugin = start_python("greet()\nq = read()\nnote('end', q['method'])\nanswer(q, {})\nnote('end', 'eof' if not sys.stdin.readline() else 'more')");
    bring_up(plugin);
    const auto pid = static_cast<pid_t>(plugin->pid());
    run(plugin->shutdown());
    EXPECT_EQ(content("end"), "shutdown\neof\n");
    EXPECT_FALSE(exists(pid));
    EXPECT_EQ(fault_of(plugin, "x", Impact::write), FaultKind::unreachable);
    run(plugin->shutdown());  // twice is once
    EXPECT_TRUE(not_ready(plugin).is_final);
}

TEST_F(End, calls_under_way_are_answered_before_it_goes) {
    const auto plugin = start_python("greet()\nheld = read()\nq = read()\nanswer(held, {'done': True})\nanswer(q, {})");
    bring_up(plugin);
    bool is_done = false;
    boost::asio::co_spawn(io, plugin->call("x", {}, Impact::write), [&](std::exception_ptr thrown, const boost::json::object&) { is_done = !thrown; });
    run(plugin->shutdown());
    EXPECT_TRUE(wait_for([&] { return is_done; }, 1s));
}

TEST_F(End, one_that_ignores_shutdown_goes_at_sigterm) {
    PluginSpec spec = spec_for(python("greet()\nsignal.signal(signal.SIGTERM, lambda *_: (note('end', 'term'), os._exit(0)))\nwhile True: time.sleep(1)"));
    spec.shutdown_patience = 300ms;
    const auto plugin = start(spec);
    bring_up(plugin);
    const auto start_at = std::chrono::steady_clock::now();
    run(plugin->shutdown());
    EXPECT_GE(since(start_at), 290ms);
    EXPECT_EQ(content("end"), "term\n");
}

TEST_F(End, one_that_ignores_sigterm_too_is_killed) {
    PluginSpec spec = spec_for(python("signal.signal(signal.SIGTERM, signal.SIG_IGN)\ngreet()\nwhile True: time.sleep(1)"));
    spec.shutdown_patience = 200ms;
    spec.term_patience = 200ms;
    const auto plugin = start(spec);
    bring_up(plugin);
    const auto pid = static_cast<pid_t>(plugin->pid());
    const auto start_at = std::chrono::steady_clock::now();
    run(plugin->shutdown());
    EXPECT_GE(since(start_at), 390ms);
    EXPECT_LT(since(start_at), 3s);
    EXPECT_FALSE(exists(pid));
}

/// Holds a process at the last step of its end, as a disk does that does not answer: not even SIGKILL gets it further.
class Hold {
public:
    explicit Hold(pid_t pid) {
        int said[2], told[2];
        if (::pipe(said) != 0 || ::pipe(told) != 0) throw std::runtime_error("no pipe");
        tracer_ = ::fork();
        if (tracer_ == 0) {
            ::close(said[0]);
            ::close(told[1]);
            const char word = ::ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACEEXIT) == 0 ? 'y' : 'n';
            static_cast<void>(::write(said[1], &word, 1) == 1);
            char ignored = 0;
            static_cast<void>(::read(told[0], &ignored, 1) == 1);
            ::_exit(0);  // which lets it go
        }
        ::close(said[1]);
        ::close(told[0]);
        release_ = told[1];
        char word = 'n';
        is_held = ::read(said[0], &word, 1) == 1 && word == 'y';
        ::close(said[0]);
    }
    ~Hold() { let_go(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    void let_go() {
        if (tracer_ <= 0) return;
        ::close(release_);
        ::waitpid(std::exchange(tracer_, -1), nullptr, 0);
    }
    bool is_held = false;

private:
    pid_t tracer_ = -1;
    int release_ = -1;
};

TEST_F(End, one_that_cannot_be_killed_holds_nobody_up_and_is_reaped_when_it_goes) {
    PluginSpec spec = spec_for(python("signal.signal(signal.SIGTERM, signal.SIG_IGN)\ngreet()\nwhile True: time.sleep(1)"));
    spec.shutdown_patience = spec.term_patience = 50ms;
    auto plugin = start(spec);
    bring_up(plugin);
    const auto pid = static_cast<pid_t>(plugin->pid());
    Hold hold(pid);
    if (!hold.is_held) GTEST_SKIP() << "this machine lets nobody trace a process";
    bool is_done = false;
    boost::asio::co_spawn(io, plugin->shutdown(), [&](std::exception_ptr) { is_done = true; });
    std::chrono::milliseconds longest{0};
    for (const auto begun_at = std::chrono::steady_clock::now(); !is_done && since(begun_at) < 15s;) {
        const auto step = std::chrono::steady_clock::now();
        io.run_one_for(10ms);
        longest = std::max(longest, since(step));
    }
    ASSERT_TRUE(is_done);
    EXPECT_TRUE(exists(pid));
    EXPECT_LT(longest, 500ms) << "the io thread is everybody's";
    hold.let_go();
    EXPECT_TRUE(wait_for([&] { return !exists(pid); }, 5s));
}

TEST_F(End, shutdown_while_it_is_greeted_or_down_ends_it) {
    const auto greeted = start_python("time.sleep(600)");
    ASSERT_TRUE(wait_for([&] { return greeted->pid() != 0; }));
    run(greeted->shutdown());
    PluginSpec spec = spec_for(python("sys.exit(1)"));
    spec.restart_delay_min = spec.restart_delay_max = 60s;
    const auto down = start(spec);
    ASSERT_TRUE(wait_for([&] { return children() == 0 && not_ready(down, 50ms).what.find("exited with status 1") != std::string::npos; }));
    run(down->shutdown());
    EXPECT_EQ(children(), 0);
}

TEST_F(End, a_grandchild_that_holds_the_pipes_goes_along) {
    const auto plugin = start_python(
        "greet()\ndef h(q):\n    child = os.fork()\n    if child == 0:\n        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n        time.sleep(600)\n"
        "    note('child', str(child))\n    os._exit(7)\nserve(h)");
    bring_up(plugin);
    const auto start_at = std::chrono::steady_clock::now();
    EXPECT_EQ(fault_of(plugin, "x", Impact::write), FaultKind::unknown_outcome);
    EXPECT_LT(since(start_at), 3s);
    const auto grandchild = static_cast<pid_t>(std::stol(content("child")));
    EXPECT_TRUE(wait_for([&] { return has_died(grandchild); }));
    bring_up(plugin);
}

TEST_F(End, a_grandchild_that_left_the_group_does_not_hold_us_up) {
    const auto plugin = start_python(
        "greet()\ndef h(q):\n    child = os.fork()\n    if child == 0:\n        os.setsid()\n        time.sleep(30)\n        os._exit(0)\n"
        "    note('child', str(child))\n    time.sleep(0.2)\n    os._exit(7)\nserve(h)");
    bring_up(plugin);
    const auto start_at = std::chrono::steady_clock::now();
    EXPECT_EQ(fault_of(plugin, "x", Impact::write), FaultKind::unknown_outcome);
    EXPECT_LT(since(start_at), 3s);
    bring_up(plugin);
    ::kill(static_cast<pid_t>(std::stol(content("child"))), SIGKILL);  // ours, by its number
}

TEST_F(End, one_that_closes_its_pipes_and_lives_on_is_killed) {
    for (const std::string number : {"0", "1"}) {
        PluginSpec spec = spec_for(python("greet()\nq = read()\nos.close(" + number + ")\ntime.sleep(600)"));
        spec.call_timeout = 300ms;
        const auto plugin = start(spec);
        bring_up(plugin);
        const auto pid = static_cast<pid_t>(plugin->pid());
        static_cast<void>(fault_of(plugin, "first", Impact::write));
        if (plugin->pid() == pid) static_cast<void>(fault_of(plugin, "second", Impact::write));
        EXPECT_TRUE(wait_for([&] { return !exists(pid); })) << number;
    }
}

TEST_F(End, restarts_leave_no_descriptors_and_no_zombies) {
    const auto plugin = start_python("greet()\nserve(lambda q: os._exit(1))");
    bring_up(plugin);
    static_cast<void>(fault_of(plugin, "x", Impact::read));
    bring_up(plugin);
    const int before = open_descriptors();
    for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(fault_of(plugin, "x", Impact::read), FaultKind::unreachable);
        bring_up(plugin);
    }
    EXPECT_LE(open_descriptors(), before + 1);
    EXPECT_EQ(children(), 1);
    run(plugin->shutdown());
    EXPECT_EQ(children(), 0);
}

TEST_F(End, restarts_wait_longer_each_time) {
    PluginSpec spec = spec_for(python("note('tries', str(time.monotonic()))\nsys.exit(1)"));
    spec.restart_delay_min = 50ms;
    spec.restart_delay_max = 400ms;
    const auto plugin = start(spec);
    ASSERT_TRUE(wait_for([&] { return std::ranges::count(content("tries"), '\n') >= 6; }));
    std::istringstream list(content("tries"));
    std::vector<double> times;
    for (double time = 0; list >> time;) times.push_back(time);
    EXPECT_GE(times[1] - times[0], 0.04);
    EXPECT_GE(times[4] - times[3], 0.31);  // 400 ms less 20 %
    EXPECT_GE(times[5] - times[4], 0.31);
}

// A broker that is killed takes its plugins along: nobody writes to the directory on its behalf any more.
TEST_F(End, it_dies_with_the_broker) {
    const auto program = python("note('child', str(os.getpid()))\ngreet()\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(1)");
    const pid_t broker = ::fork();
    if (broker == 0) {
        boost::asio::io_context own;
        const auto plugin = start_plugin(own.get_executor(), spec_for(program));
        own.run();
        ::_exit(0);
    }
    ASSERT_TRUE(wait_for([&] { return content("child").find('\n') != std::string::npos; }));
    const auto child = static_cast<pid_t>(std::stol(content("child")));
    ::kill(broker, SIGKILL);
    ASSERT_EQ(::waitpid(broker, nullptr, 0), broker);
    EXPECT_TRUE(wait_for([&] { return has_died(child); }));
}

}  // namespace
}  // namespace stint::test
