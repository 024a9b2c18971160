// The one boundary between threads: what the io thread gives the store's, and gets back. Everything of the app at once,
// on real time; runs under ThreadSanitizer too.
#include "app/app.hpp"
#include "real_clock.hpp"
#include "tests/simulation/fake_directory.hpp"
#include "tests/unit/app/fake_notifier.hpp"
#include "tests/unit/app/small_policy.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace stint::testing {
namespace {

namespace asio = boost::asio;

constexpr int many = 100;

std::filesystem::path scratch() {
    std::string pattern = ::testing::TempDir() + "stint-threads-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder: " + pattern);
    return pattern;
}

struct Running {
    const std::filesystem::path folder = scratch();
    asio::io_context io{1};
    RealClock clock{io.get_executor()};
    simulation::FakeDirectory directory;
    FakeNotifier chat{"chat", clock}, pager{"pager", clock};
    Store store{folder / "stint.db", [](Salt& salt) { salt.fill(std::byte{7}); }};
    Broker broker{io.get_executor(), store, clock, Threading::store_thread};
    World world{io.get_executor(), clock, broker, directory, nullptr, {&chat, &pager}, AppSettings{}, std::make_shared<const Policy>(small_policy())};
    App app{world};
    int filed = 0, ready = 0, reloads = 0;
    bool is_over = false;
};

Caller caller(const std::string& login) { return {Login(login), "peercred", "local uid 1000", std::nullopt}; }

asio::awaitable<void> ask(Running& all, int number) {
    const std::string login = "p" + std::to_string(number);
    co_await all.clock.sleep_for(std::chrono::milliseconds(10 * number));
    // Named, all of them: GCC 12 frees a temporary in a co_await expression twice.
    const Caller who = caller(login);
    const FileRequest command = wish("one", Seconds(3600)), unknown = wish("nope", Seconds(3600));
    const std::string none;
    const auto answer = co_await all.app.service().file(who, command, login);
    if (answer) ++all.filed;
    static_cast<void>(co_await all.app.service().file(who, unknown, none));
    auto listener = std::make_shared<Listener>();
    static_cast<void>(co_await all.app.service().changes(who, std::nullopt, EventSeq{0}, Seconds(0), listener));
}

asio::awaitable<void> reload(Running& all) {
    for (; !all.is_over; ++all.reloads) {
        co_await all.clock.sleep_for(std::chrono::milliseconds(1));
        Policy policy = small_policy();
        co_await all.app.put_in_force(std::move(policy));
    }
}

asio::awaitable<void> play(Running& all) {
    for (int i = 0; i < many; ++i) asio::co_spawn(all.io, ask(all, i), asio::detached);
    // The first round is over, and opening allowed, while they are being filed.
    co_await all.clock.sleep_for(std::chrono::milliseconds(20));
    asio::co_spawn(all.io, all.app.start("test"), asio::detached);
    for (int i = 0; i < 2; ++i) asio::co_spawn(all.io, reload(all), asio::detached);
    const Deadline deadline = deadline_after(all.clock.now(), Seconds(120));
    while (all.ready < many && !has_passed(deadline, all.clock.now())) {
        co_await all.clock.sleep_for(std::chrono::milliseconds(50));
        auto count = [](Transaction& transaction) {
            int ready = 0;
            for (const RequestId id : transaction.store().open_grants(RequestId{}, 2 * many))
                if (transaction.store().grant(id)->state == GrantState::ready) ++ready;
            return ready;
        };
        all.ready = co_await all.broker.look(count);
        static_cast<void>(co_await all.app.service().health());
    }
    all.is_over = true;
    co_await all.app.drain();
    all.io.stop();
}

/// Coroutines that still wait refer to it: as in stintd, nothing is torn down under them.
Running* running = nullptr;

TEST(Threads, the_whole_app_on_a_store_thread) {
    running = new Running;
    for (const std::string group : {"helpdesk", "soc"}) running->directory.put_group(group, true);
    for (const std::string group : {"g-one", "g-two"}) running->directory.put_group(group, true);
    for (int i = 0; i < many; ++i) {
        const std::string login = "p" + std::to_string(i);
        running->directory.put_person(login, login);
        running->directory.put_member("helpdesk", login);
    }
    asio::co_spawn(running->io, play(*running), asio::detached);
    running->io.run();
    running->broker.stop();
    EXPECT_EQ(running->filed, many);
    EXPECT_EQ(running->ready, many);
    EXPECT_GT(running->reloads, 0);
    EXPECT_TRUE(replay_and_compare(running->folder / "stint.db").empty());
    std::filesystem::remove_all(running->folder);
}

}  // namespace
}  // namespace stint::testing
