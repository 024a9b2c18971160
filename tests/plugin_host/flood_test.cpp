// Plugins that say too much. The broker must stay awake and small.
#include "plugin_world.hpp"

#include <boost/asio/steady_timer.hpp>

#include <sys/resource.h>

#include <algorithm>

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using plugin_host::Impact;

class Flood : public PluginWorld {
protected:
    // How late the io thread was at worst for a timer of 5 ms, over `length`.
    std::chrono::milliseconds worst_delay(std::chrono::milliseconds length) {
        std::chrono::milliseconds worst{0};
        const auto end = std::chrono::steady_clock::now() + length;
        while (std::chrono::steady_clock::now() < end) {
            bool is_done = false;
            boost::asio::steady_timer timer(io, 5ms);
            const auto due = timer.expiry();
            timer.async_wait([&](const boost::system::error_code&) {
                worst = std::max(worst, std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - due));
                is_done = true;
            });
            EXPECT_TRUE(wait_for([&] { return is_done; }));
        }
        return worst;
    }
    static long peak_kib() {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    }
};

TEST_F(Flood, a_line_without_an_end_breaks_it) {
    const auto plugin = start_python("greet()\ndef h(q):\n    while True: sys.stdout.write('x' * 65536)\nserve(h)");
    bring_up(plugin);
    const std::int64_t pid = plugin->pid();
    const long before = peak_kib();
    EXPECT_EQ(fault_of(plugin, "x", Impact::write), FaultKind::unknown_outcome);
    EXPECT_LT(peak_kib() - before, 16 * 1024);
    bring_up(plugin);
    EXPECT_NE(plugin->pid(), pid);
}

TEST_F(Flood, an_answer_of_just_under_a_mebibyte_is_taken) {
    const auto plugin = start_python("greet()\nserve(lambda q: answer(q, {'t': 'x' * (1024 * 1024 - 100)}))");
    bring_up(plugin);
    EXPECT_EQ(run(plugin->call("x", {}, Impact::read)).at("t").as_string().size(), 1024U * 1024 - 100);
}

TEST_F(Flood, notifications_without_end_do_not_starve_the_others) {
    const auto plugin = start_python("greet()\nwhile True: sys.stdout.write('{\"jsonrpc\":\"2.0\",\"method\":\"changed\",\"params\":{\"group\":\"g\"}}\\n' * 500)");
    int heard = 0;
    plugin->on_notification([&](const std::string&, const boost::json::object&) { ++heard; });
    bring_up(plugin);
    EXPECT_LT(worst_delay(1500ms).count(), 1000);
    EXPECT_GT(heard, 500);
    EXPECT_LT(heard, 10'000);
}

TEST_F(Flood, answers_nobody_asked_for_are_one_line_of_log) {
    testing::internal::CaptureStderr();
    {
        const auto plugin = start_python("greet()\nwhile True: sys.stdout.write('{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\\n' * 500)");
        bring_up(plugin);
        EXPECT_LT(worst_delay(500ms).count(), 1000);
        EXPECT_TRUE(plugin->is_up());
    }
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(log.find("plugin.odd_answer"), log.rfind("plugin.odd_answer"));
}

TEST_F(Flood, standard_error_is_bounded_and_the_plugin_still_answers) {
    testing::internal::CaptureStderr();
    {
        const auto plugin = start_python(
            "import threading\ngreet()\n"
            "def shout():\n    while True: os.write(2, b'error \\x1b[31m again\\n' * 1000)\n"
            "threading.Thread(target=shout, daemon=True).start()\nserve(lambda q: answer(q, {}))");
        bring_up(plugin);
        EXPECT_LT(worst_delay(1200ms).count(), 1000);
        EXPECT_EQ(fault_of(plugin, "x", Impact::read), std::nullopt);
    }
    const std::string log = testing::internal::GetCapturedStderr();
    const auto lines = std::count(log.begin(), log.end(), '\n');
    EXPECT_GT(lines, 40);
    EXPECT_LT(lines, 400);
    EXPECT_NE(log.find("plugin.said plugin=odd text=\"error \\x1b[31m again\""), std::string::npos);
    EXPECT_NE(log.find("plugin.said_too_much plugin=odd lines_dropped="), std::string::npos);
    EXPECT_EQ(log.find('\x1b'), std::string::npos);
}

TEST_F(Flood, one_endless_line_of_standard_error_costs_nothing) {
    testing::internal::CaptureStderr();
    {
        const long before = peak_kib();
        const auto plugin = start_python("greet()\nfor n in range(24): os.write(2, b'y' * 65536)\nserve(lambda q: answer(q, {}))");
        bring_up(plugin);
        EXPECT_EQ(fault_of(plugin, "x", Impact::read), std::nullopt);
        EXPECT_LT(peak_kib() - before, 16 * 1024);
    }
    EXPECT_LT(testing::internal::GetCapturedStderr().size(), 8U * 1024);
}

}  // namespace
}  // namespace stint::test
