// How a plugin may fail to come up, and how it is told.
#include "plugin_world.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using plugin_host::Impact;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

class Start : public PluginWorld {};

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_F(Start, a_good_plugin_comes_up_and_is_told_its_settings) {
    PluginSpec spec = spec_for(python("r = greet(capabilities=['watch'], version='7.1')\nserve(lambda q: answer(q, {'seen': r['params']}))"));
    spec.settings["file"] = "/x";
    const auto plugin = start(spec);
    EXPECT_EQ(fault_of(plugin, "x", Impact::read), FaultKind::unreachable);  // not up yet: at once
    bring_up(plugin);
    EXPECT_TRUE(plugin->is_up());
    EXPECT_EQ(plugin->version(), "7.1");
    EXPECT_TRUE(plugin->has_capability("watch"));
    EXPECT_FALSE(plugin->has_capability("post_read"));
    const boost::json::object answer = run(plugin->call("x", {}, Impact::read));
    const boost::json::object& seen = answer.at("seen").as_object();
    EXPECT_EQ(seen.at("protocol").as_int64(), 1);
    EXPECT_EQ(seen.at("kind").as_string(), "directory");
    EXPECT_EQ(seen.at("settings").as_object().at("file").as_string(), "/x");
}

TEST_F(Start, a_missing_program_is_refused_by_name) {
    const auto why = not_ready(start(spec_for(file("nothing-here"))));
    EXPECT_TRUE(why.is_final);
    EXPECT_TRUE(holds(why.what, "nothing-here") && holds(why.what, "No such file")) << why.what;
}

TEST_F(Start, a_program_that_is_not_executable_is_refused) {
    const auto path = python("");
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    const auto why = not_ready(start(spec_for(path)));
    EXPECT_TRUE(why.is_final);
    EXPECT_TRUE(holds(why.what, "Permission denied")) << why.what;
}

TEST_F(Start, a_file_that_is_no_program_is_refused) {
    const auto path = file("junk");
    std::ofstream(path) << "\x01\x02 junk";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    const auto why = not_ready(start(spec_for(path)));
    EXPECT_TRUE(why.is_final);
    EXPECT_TRUE(holds(why.what, "Exec format error")) << why.what;
    EXPECT_EQ(children(), 0);
}

TEST_F(Start, one_that_exits_at_once_is_tried_again_and_its_last_words_are_told) {
    const auto plugin = start_python("note('tries', 'x')\nsys.stderr.write('cannot open \\x1b[2J my file\\n')\nsys.exit(3)");
    ASSERT_TRUE(wait_for([&] { return content("tries").size() >= 6; }));  // three tries
    const auto why = not_ready(plugin, 300ms);
    EXPECT_FALSE(why.is_final);
    EXPECT_TRUE(holds(why.what, "exited with status 3")) << why.what;
    EXPECT_TRUE(holds(why.what, "cannot open \\x1b[2J my file")) << why.what;
}

TEST_F(Start, one_that_never_answers_initialize_is_given_up_and_tried_again) {
    PluginSpec spec = spec_for(python("note('tries', 'x')\ntime.sleep(600)"));
    spec.initialize_timeout = 1s;  // long enough for an interpreter to start on a busy machine
    const auto plugin = start(spec);
    ASSERT_TRUE(wait_for([&] { return content("tries").size() >= 4; }, 120s));
    const auto why = not_ready(plugin, 100ms);
    EXPECT_FALSE(why.is_final);
    EXPECT_TRUE(holds(why.what, "initialize")) << why.what;
}

TEST_F(Start, another_protocol_is_refused) {
    const auto why = not_ready(start_python("greet(protocol=2)\nserve(print)"));
    EXPECT_TRUE(why.is_final);
    EXPECT_TRUE(holds(why.what, "speaks protocol 2") && holds(why.what, "speaks 1")) << why.what;
}

TEST_F(Start, another_kind_is_refused_and_named) {
    const auto plugin = start_python("greet(kind='ticket', name='ticket-\\x1bodd')\nserve(print)");
    const auto why = not_ready(plugin);
    EXPECT_TRUE(why.is_final);
    EXPECT_TRUE(holds(why.what, "of kind \"ticket\", where \"directory\" is needed") && holds(why.what, "ticket-\\x1bodd")) << why.what;
    EXPECT_EQ(fault_of(plugin, "x", Impact::write), FaultKind::unreachable);
    EXPECT_EQ(children(), 0);
}

TEST_F(Start, each_wrong_shape_of_the_greeting_is_refused) {
    for (const std::string body : {"answer(read(), {})", "greet(name='')", "greet(name=7)", "greet(version=None)", "greet(protocol='1')",
                                   "greet(protocol=1.0)", "greet(capabilities={})", "greet(capabilities=[1])", "greet(capabilities=['x'] * 65)",
                                   "greet(name='n' * 65)", "say({'jsonrpc': '2.0', 'id': read()['id'], 'result': []})",
                                   "say({'jsonrpc': '1.0', 'id': read()['id'], 'result': WHO})", "read(); print('hello', flush=True)"}) {
        const auto why = not_ready(start_python(body + "\nserve(print)"));
        EXPECT_TRUE(why.is_final) << body << ": " << why.what;
    }
}

TEST_F(Start, settings_it_does_not_like_are_told_in_its_words) {
    const auto why = not_ready(start_python("refuse(read(), -32602, 'invalid_params', 'unknown key `flie`; did you mean `file`?')\nread()"));
    EXPECT_TRUE(why.is_final);
    EXPECT_TRUE(holds(why.what, "unknown key `flie`; did you mean `file`?")) << why.what;
}

TEST_F(Start, one_that_cannot_start_just_now_is_tried_again) {
    const auto plugin = start_python(
        "here = os.path.exists(os.path.join(os.path.dirname(__file__), 'tries'))\nnote('tries', 'x')\n"
        "if not here:\n    refuse(read(), 1, 'unreachable')\n    read()\ngreet()\nserve(print)");
    bring_up(plugin);
    EXPECT_EQ(content("tries"), "x\nx\n");
}

TEST_F(Start, a_refusal_after_it_was_up_is_no_end) {  // its package is being replaced, say
    const auto plugin = start_python(
        "note('tries', 'x')\nn = len(open(os.path.join(os.path.dirname(__file__), 'tries')).read()) // 2\n"
        "greet(protocol=1 if n != 2 else 9)\nserve(lambda q: sys.exit(1) if n == 1 else answer(q, {}))");
    bring_up(plugin);
    EXPECT_EQ(fault_of(plugin, "die", Impact::read), FaultKind::unreachable);
    ASSERT_TRUE(wait_for([&] { return plugin->is_up() && content("tries").size() >= 6; }));
    EXPECT_EQ(fault_of(plugin, "x", Impact::read), std::nullopt);
}

TEST_F(Start, the_child_gets_three_descriptors_and_a_clean_environment) {
    ASSERT_EQ(::setenv("LDAPTLS_REQCERT", "never", 1), 0);
    ASSERT_EQ(::setenv("NOTIFY_SOCKET", "/x", 1), 0);
    ASSERT_EQ(::setenv("CREDENTIALS_DIRECTORY", "/cred", 1), 0);
    const int leaky = ::open("/dev/null", O_RDONLY);  // not close-on-exec, as of a careless library
    const auto plugin = start_python(
        "fds = sorted(os.listdir('/proc/self/fd'), key=int)\ngreet()\n"
        "serve(lambda q: answer(q, {'fds': fds, 'env': dict(os.environ), 'group': os.getpgrp() == os.getpid(),\n"
        "  'blocked': [l.split()[1] for l in open('/proc/self/status') if l.startswith('SigBlk')][0],\n"
        "  'ignored': [l.split()[1] for l in open('/proc/self/status') if l.startswith('SigIgn')][0]}))");
    bring_up(plugin);
    const boost::json::object seen = run(plugin->call("x", {}, Impact::read));
    ::close(leaky);
    EXPECT_LE(seen.at("fds").as_array().size(), 4U);  // 0, 1, 2 and the one that listdir itself opened
    const boost::json::object& environment = seen.at("env").as_object();
    EXPECT_FALSE(environment.contains("LDAPTLS_REQCERT"));
    EXPECT_FALSE(environment.contains("NOTIFY_SOCKET"));
    EXPECT_EQ(environment.at("CREDENTIALS_DIRECTORY").as_string(), "/cred");
    EXPECT_EQ(environment.at("LDAPNOINIT").as_string(), "1");
    EXPECT_TRUE(seen.at("group").as_bool());
    EXPECT_EQ(seen.at("blocked").as_string(), "0000000000000000");
    ::unsetenv("LDAPTLS_REQCERT");
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_F(Start, one_behind_a_socket_is_connected_to_again_and_again) {
    using boost::asio::local::stream_protocol;
    PluginSpec spec = spec_for("/nowhere");
    spec.socket = file("sock");
    const auto plugin = start(spec);
    const auto why = not_ready(plugin, 100ms);
    EXPECT_FALSE(why.is_final);
    EXPECT_TRUE(holds(why.what, "cannot connect")) << why.what;

    stream_protocol::acceptor acceptor(io, stream_protocol::endpoint(spec.socket.string()));
    const auto serve_one = [&](bool must_answer) {
        auto socket = std::make_shared<stream_protocol::socket>(io);
        bool is_done = false;
        acceptor.async_accept(*socket, [&](const boost::system::error_code&) { is_done = true; });
        EXPECT_TRUE(wait_for([&] { return is_done; }));
        std::string line;
        char letter = 0;
        EXPECT_TRUE(wait_for([&] { return socket->available() > 0; }));
        while (letter != '\n' && ::read(socket->native_handle(), &letter, 1) == 1) line += letter;
        const std::string id = line.substr(line.find("\"id\":") + 5, line.find(',', line.find("\"id\":")) - line.find("\"id\":") - 5);
        const std::string answer = "{\"jsonrpc\":\"2.0\",\"id\":" + id +
                                   ",\"result\":{\"name\":\"s\",\"version\":\"1\",\"kind\":\"directory\",\"protocol\":1,\"capabilities\":[]}}\n";
        if (must_answer) {
            EXPECT_EQ(::write(socket->native_handle(), answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
        }
        return socket;
    };
    static_cast<void>(serve_one(false));  // closed again, unanswered
    auto connection = serve_one(true);
    bring_up(plugin);
    connection->close();
    ASSERT_TRUE(wait_for([&] { return !plugin->is_up(); }));
    connection = serve_one(true);
    bring_up(plugin);
    EXPECT_EQ(plugin->pid(), 0);
}

TEST_F(Start, a_socket_path_that_is_too_long_is_told) {
    PluginSpec spec = spec_for("");
    spec.socket = "/" + std::string(200, 'x');
    const auto why = not_ready(start(spec), 100ms);
    EXPECT_TRUE(holds(why.what, "File name too long")) << why.what;
}

}  // namespace
}  // namespace stint::test
