// Calls that are answered late, twice, wrongly, or not at all, and what the caller is told.
#include "plugin_world.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>

#include <boost/json/serialize.hpp>

#include <set>

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using plugin_host::Impact;

class Call : public PluginWorld {
protected:
    /// Starts `count` calls at once; the kinds of their ends, absent for an answer.
    struct Ends {
        std::vector<std::optional<FaultKind>> kinds;
        std::vector<std::string> whats;
        std::vector<boost::json::object> answers;
        [[nodiscard]] std::size_t count(std::optional<FaultKind> kind) const {
            return static_cast<std::size_t>(std::count(kinds.begin(), kinds.end(), kind));
        }
    };
    void begin(Ends& ends, const std::shared_ptr<PluginProcess>& plugin, Impact impact, boost::json::object params = {}) {
        boost::asio::co_spawn(io, plugin->call("x", std::move(params), impact), [&ends](std::exception_ptr thrown, boost::json::object answer) {
            if (!thrown) {
                ends.kinds.emplace_back();
                ends.answers.push_back(std::move(answer));
                return;
            }
            try {
                std::rethrow_exception(thrown);
            } catch (const Fault& fault) {
                ends.kinds.emplace_back(fault.kind());
                ends.whats.emplace_back(fault.what());
            }
        });
    }
};

TEST_F(Call, answers_find_their_callers_in_any_order) {
    const auto plugin = start_python(
        "greet()\nheld = []\ndef h(q):\n    held.append(q)\n    if len(held) == 50:\n        for r in reversed(held): answer(r, {'n': r['params']['n']})\nserve(h)");
    bring_up(plugin);
    std::vector<std::int64_t> seen(50, -1);
    int done = 0;
    for (int number = 0; number < 50; ++number) {
        boost::json::object params;
        params["n"] = number;
        boost::asio::co_spawn(io, plugin->call("x", params, Impact::read), [&, number](std::exception_ptr thrown, const boost::json::object& answer) {
            ++done;
            if (!thrown) seen[static_cast<std::size_t>(number)] = answer.at("n").as_int64();
        });
    }
    ASSERT_TRUE(wait_for([&] { return done == 50; }));
    for (int number = 0; number < 50; ++number) EXPECT_EQ(seen[static_cast<std::size_t>(number)], number);
}

TEST_F(Call, one_answered_twice_is_answered_once) {
    const auto plugin = start_python("greet()\ndef h(q):\n    for n in range(3): answer(q, {'n': n})\n    say({'jsonrpc': '2.0', 'id': 99999, 'result': {}})\nserve(h)");
    bring_up(plugin);
    const std::int64_t pid = plugin->pid();
    testing::internal::CaptureStderr();
    for (int round = 0; round < 5; ++round) EXPECT_EQ(run(plugin->call("x", {}, Impact::write)).at("n").as_int64(), 0);
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(plugin->pid(), pid);
    EXPECT_NE(log.find("plugin.odd_answer"), std::string::npos);
    EXPECT_EQ(log.find("plugin.odd_answer"), log.rfind("plugin.odd_answer")) << "said more than once";
}

TEST_F(Call, a_deadline_means_unknown_for_a_write_and_unreachable_for_a_read) {
    PluginSpec spec = spec_for(python("greet()\nheld = []\ndef h(q):\n    if q['method'] == 'x': held.append(q)\n    else:\n        for r in held: answer(r, {})\n        answer(q, {'late': len(held)})\nserve(h)"));
    spec.call_timeout = 200ms;
    const auto plugin = start(spec);
    bring_up(plugin);
    const std::int64_t pid = plugin->pid();
    EXPECT_EQ(fault_of(plugin, "x", Impact::write), FaultKind::unknown_outcome);
    EXPECT_EQ(fault_of(plugin, "x", Impact::read), FaultKind::unreachable);
    EXPECT_EQ(run(plugin->call("now", {}, Impact::read)).at("late").as_int64(), 2);  // late answers harm nobody
    EXPECT_EQ(plugin->pid(), pid);
}

TEST_F(Call, one_that_answers_nothing_any_more_is_restarted) {
    PluginSpec spec = spec_for(python("note('tries', 'x')\ngreet()\nn = len(open(os.path.join(os.path.dirname(__file__), 'tries')).read()) // 2\nserve(lambda q: answer(q, {}) if n > 1 else None)"));
    spec.call_timeout = 100ms;
    const auto plugin = start(spec);
    bring_up(plugin);
    for (int round = 0; round < 3; ++round) EXPECT_EQ(fault_of(plugin, "x", Impact::write), FaultKind::unknown_outcome);
    ASSERT_TRUE(wait_for([&] { return plugin->is_up() && content("tries") == "x\nx\n"; }));
    EXPECT_EQ(fault_of(plugin, "x", Impact::write), std::nullopt);
}

TEST_F(Call, one_that_dies_leaves_writes_unknown_and_reads_unreachable_and_comes_back) {
    const auto plugin = start_python("greet()\nn = 0\ndef h(q):\n    global n\n    n += 1\n    if n == 3: os.kill(os.getpid(), signal.SIGKILL)\nserve(h)");
    bring_up(plugin);
    const std::int64_t pid = plugin->pid();
    Ends ends;
    begin(ends, plugin, Impact::write);
    begin(ends, plugin, Impact::read);
    begin(ends, plugin, Impact::write);
    ASSERT_TRUE(wait_for([&] { return ends.kinds.size() == 3; }));
    EXPECT_EQ(ends.count(FaultKind::unknown_outcome), 2U);
    EXPECT_EQ(ends.count(FaultKind::unreachable), 1U);
    EXPECT_EQ(fault_of(plugin, "x", Impact::write), FaultKind::unreachable);  // down: at once, nothing sent
    bring_up(plugin);
    EXPECT_NE(plugin->pid(), pid);
    EXPECT_FALSE(exists(static_cast<pid_t>(pid)));
}

TEST_F(Call, what_was_answered_before_death_counts) {
    const auto plugin = start_python("greet()\ndef h(q):\n    answer(q, {'last': True})\n    sys.exit(0)\nserve(h)");
    for (int round = 0; round < 20; ++round) {
        bring_up(plugin);
        EXPECT_TRUE(run(plugin->call("x", {}, Impact::write)).at("last").as_bool());
        ASSERT_TRUE(wait_for([&] { return !plugin->is_up(); }));
    }
}

TEST_F(Call, garbage_fails_every_waiter_and_restarts) {
    for (const std::string garbage : {"'hello'", "'[]'", "'{}'", "'{\"jsonrpc\":\"2.0\"}'", "'{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{}}'",
                                      "'{\"jsonrpc\":\"2.0\",\"id\":1}'", "'{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{\"code\":1,\"message\":\"\"}}'",
                                      "'{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":7}'", "'{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"parse\"}}'",
                                      "'{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ask\",\"params\":{}}'", "''", "'\\x00'", "'[' * 1000"}) {
        const auto plugin = start_python("greet()\ndef h(q):\n    print(" + garbage + ", flush=True)\n    time.sleep(600)\nserve(h)");
        bring_up(plugin);
        const std::int64_t pid = plugin->pid();
        Ends ends;
        begin(ends, plugin, Impact::write);
        begin(ends, plugin, Impact::read);
        ASSERT_TRUE(wait_for([&] { return ends.kinds.size() == 2; })) << garbage;
        EXPECT_EQ(ends.count(FaultKind::unknown_outcome), 1U) << garbage;
        EXPECT_EQ(ends.count(FaultKind::unreachable), 1U) << garbage;
        EXPECT_NE(ends.whats[0].find("broke the protocol"), std::string::npos) << ends.whats[0];
        bring_up(plugin);
        EXPECT_NE(plugin->pid(), pid) << garbage;
    }
}

TEST_F(Call, one_that_dies_half_way_through_a_line_has_answered_nothing) {
    const auto plugin = start_python("greet()\ndef h(q):\n    sys.stdout.write('{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{}}' % q['id'])\n    sys.stdout.flush()\n    os._exit(0)\nserve(h)");
    bring_up(plugin);
    EXPECT_EQ(fault_of(plugin, "x", Impact::write), FaultKind::unknown_outcome);
}

TEST_F(Call, errors_are_told_in_the_protocols_words) {
    const auto plugin = start_python("greet()\nserve(lambda q: refuse(q, q['params']['code'], q['params']['reason'], 'the \\x1b server', detail='said no', result_code=50))");
    bring_up(plugin);
    struct Row {
        int code;
        const char* reason;
        FaultKind read, write;
    };
    for (const Row& row : {Row{1, "unreachable", FaultKind::unreachable, FaultKind::unreachable}, Row{2, "unknown_outcome", FaultKind::broken, FaultKind::unknown_outcome},
                           Row{3, "refused", FaultKind::refused, FaultKind::refused}, Row{4, "not_found", FaultKind::not_found, FaultKind::not_found},
                           Row{5, "not_allowed", FaultKind::not_allowed, FaultKind::not_allowed}, Row{6, "busy", FaultKind::busy, FaultKind::busy},
                           Row{-32602, "invalid_params", FaultKind::broken, FaultKind::broken}, Row{1, "refused", FaultKind::broken, FaultKind::broken},
                           Row{7, "new", FaultKind::broken, FaultKind::broken}}) {
        for (const Impact impact : {Impact::read, Impact::write}) {
            boost::json::object params;
            params["code"] = row.code;
            params["reason"] = row.reason;
            try {
                static_cast<void>(run(plugin->call("x", params, impact)));
                ADD_FAILURE() << row.reason;
            } catch (const Fault& fault) {
                EXPECT_EQ(fault.kind(), impact == Impact::read ? row.read : row.write) << row.code << row.reason;
                EXPECT_EQ(fault.result_code(), 50);
                EXPECT_NE(std::string(fault.what()).find("the \\x1b server (said no)"), std::string::npos) << fault.what();
            }
        }
    }
}

TEST_F(Call, an_error_without_data_proves_nothing) {
    const auto plugin = start_python("greet()\nserve(lambda q: say({'jsonrpc': '2.0', 'id': q['id'], 'error': {'code': 1, 'message': 'x'}}))");
    bring_up(plugin);
    const std::int64_t pid = plugin->pid();
    EXPECT_EQ(fault_of(plugin, "x", Impact::write), FaultKind::broken);
    EXPECT_EQ(plugin->pid(), pid);
}

TEST_F(Call, too_many_in_flight_are_busy) {
    PluginSpec spec = spec_for(python("greet()\nheld = []\ndef h(q):\n    held.append(q)\n    if len(held) == 16:\n        for r in held: answer(r, {})\nserve(h)"));
    spec.max_in_flight = 16;
    const auto plugin = start(spec);
    bring_up(plugin);
    Ends ends;
    for (int number = 0; number < 20; ++number) begin(ends, plugin, Impact::write);
    ASSERT_TRUE(wait_for([&] { return ends.kinds.size() == 20; }));
    EXPECT_EQ(ends.count(FaultKind::busy), 4U);
    EXPECT_EQ(ends.count(std::nullopt), 16U);
}

TEST_F(Call, one_that_does_not_read_neither_blocks_us_nor_fills_our_memory) {
    PluginSpec spec = spec_for(python("greet()\ntime.sleep(600)"));
    spec.call_timeout = 1000ms;
    spec.max_waiting_bytes = 1024 * 1024;
    const auto plugin = start(spec);
    bring_up(plugin);
    Ends ends;
    boost::json::object params;
    params["text"] = std::string(32 * 1024, 'x');
    for (int number = 0; number < 100; ++number) begin(ends, plugin, Impact::write, params);
    ASSERT_TRUE(wait_for([&] { return ends.kinds.size() == 100; }));
    EXPECT_GE(ends.count(FaultKind::busy), 60U);             // beyond the limit of what may wait
    EXPECT_GE(ends.count(FaultKind::unreachable), 20U);      // waited, and never left
    EXPECT_GE(ends.count(FaultKind::unknown_outcome), 1U);   // at least partly in the pipe
    EXPECT_LE(ends.count(FaultKind::unknown_outcome), 6U);
}

TEST_F(Call, a_text_that_is_not_utf8_or_too_long_is_not_sent) {
    const auto plugin = start_python("greet()\nserve(lambda q: answer(q, {}))");
    bring_up(plugin);
    const std::int64_t pid = plugin->pid();
    Ends ends;
    boost::json::object params;
    params["text"] = "\xFF\xFE";
    begin(ends, plugin, Impact::write, params);
    params["text"] = std::string(1024 * 1024, 'x');
    begin(ends, plugin, Impact::write, params);
    params["text"] = std::string(1024 * 1024 - 200, 'x');
    begin(ends, plugin, Impact::write, params);
    ASSERT_TRUE(wait_for([&] { return ends.kinds.size() == 3; }));
    EXPECT_EQ(ends.count(FaultKind::refused), 2U);
    EXPECT_EQ(ends.count(std::nullopt), 1U);
    EXPECT_EQ(plugin->pid(), pid);
}

TEST_F(Call, a_cancelled_call_is_forgotten) {
    const auto plugin = start_python("greet()\nheld = []\ndef h(q):\n    if q['method'] == 'x': held.append(q)\n    elif q['method'] == 'seen': answer(q, {'held': len(held)})\n    else:\n        for r in held: answer(r, {})\n        answer(q, {})\nserve(h)");
    bring_up(plugin);
    boost::asio::cancellation_signal cancel;
    bool is_aborted = false;
    boost::asio::co_spawn(io, plugin->call("x", {}, Impact::write),
                          boost::asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr thrown, const boost::json::object&) {
                              try {
                                  if (thrown) std::rethrow_exception(thrown);
                              } catch (const boost::system::system_error& error) {
                                  is_aborted = error.code() == boost::asio::error::operation_aborted;
                              }
                          }));
    ASSERT_EQ(run(plugin->call("seen", {}, Impact::read)).at("held").as_int64(), 1);
    cancel.emit(boost::asio::cancellation_type::terminal);
    ASSERT_TRUE(wait_for([&] { return is_aborted; }));
    EXPECT_EQ(fault_of(plugin, "other", Impact::read), std::nullopt);
}

TEST_F(Call, destroying_the_plugin_fails_what_is_under_way) {
    auto plugin = start_python("greet()\nserve(lambda q: None)");
    bring_up(plugin);
    const auto pid = static_cast<pid_t>(plugin->pid());
    Ends ends;
    for (int number = 0; number < 5; ++number) begin(ends, plugin, Impact::write);
    ASSERT_FALSE(wait_for([&] { return !ends.kinds.empty(); }, 100ms));
    plugin.reset();
    EXPECT_FALSE(exists(pid));  // killed and reaped before the destructor returned
    ASSERT_TRUE(wait_for([&] { return ends.kinds.size() == 5; }));
    EXPECT_EQ(ends.count(FaultKind::unknown_outcome), 5U);
}

TEST_F(Call, destroying_the_context_first_is_harmless) {
    const int before = open_descriptors();
    std::shared_ptr<PluginProcess> plugin;
    {
        boost::asio::io_context short_lived;
        plugin = start_plugin(short_lived.get_executor(), spec_for(python("greet()\nserve(lambda q: None)")));
        short_lived.run_for(500ms);
        boost::asio::co_spawn(short_lived, plugin->call("x", {}, Impact::write), [](std::exception_ptr, const boost::json::object&) {});
        short_lived.restart();
        short_lived.run_for(20ms);
        plugin.reset();
    }
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(children(), 0);
}

}  // namespace
}  // namespace stint::test
