// The whole app on real SQLite, with a directory in memory whose every call a test may break, and with time that passes
// only when it is told to.
#pragma once

#include "app/app.hpp"
#include "store/store.hpp"
#include "tests/simulation/fake_directory.hpp"
#include "tests/simulation/virtual_clock.hpp"
#include "tests/unit/app/small_policy.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stint::testing {

class AppWorld : public ::testing::Test {
protected:
    AppWorld();
    ~AppWorld() override;
    AppWorld(const AppWorld&) = delete;
    AppWorld& operator=(const AppWorld&) = delete;

    /// Starts the broker; it has come to rest when this returns.
    void start();
    /// The same, with the door kept shut.
    void start_behind_the_door();
    /// Everything in memory is gone at once; `start` finds what was committed.
    void crash();
    /// Lets everything happen that is due within this time.
    void pass(std::chrono::microseconds length);
    /// A login of the help desk that asks for `entitlement`; it needs nobody's approval. The request's number.
    RequestId ask(const std::string& login, const std::string& entitlement, Seconds duration);
    /// Why a login is refused `entitlement`, for ten minutes; nullopt when it is not.
    std::optional<RefusalCode> refused(const std::string& login, const std::string& entitlement);
    /// What the service answers within a second.
    template <class T>
    std::optional<Result<T>> answer_of(Service::Answer<T> question) {
        auto answer = std::make_shared<std::optional<Result<T>>>();
        boost::asio::co_spawn(*io_, keep(std::move(question), answer), boost::asio::detached);
        pass(Seconds(1));
        return *answer;
    }
    [[nodiscard]] static Caller caller(const std::string& login) { return {Login(login), "peercred", "local uid 1000", std::nullopt}; }
    /// Whether this stands in an entry of the log.
    [[nodiscard]] bool is_logged(const std::string& text) const;
    /// What differs between the records and what the log makes of them.
    [[nodiscard]] std::vector<std::string> differences() const;
    [[nodiscard]] GrantState state(RequestId id) const;
    [[nodiscard]] bool is_member(const std::string& group, const std::string& login) const { return directory_.is_member(group, login); }
    /// How often the directory was asked this.
    [[nodiscard]] int asked(const std::string& verb) const;
    /// From now on the disk takes nothing more, until `has_room`.
    void fill_disk();
    void empty_disk();
    void person(const std::string& login, bool is_enabled = true);
    /// What somebody else does to the database.
    void by_hand(const std::string& sql);

    AppSettings settings_;
    Policy policy_ = small_policy();          ///< in force from the next `start` on
    std::vector<Notifier*> notifiers_;
    /// What becomes of a call; empty: it is answered.
    std::function<simulation::Fate(const simulation::FakeCall&)> fate_;
    std::unique_ptr<boost::asio::io_context> io_ = std::make_unique<boost::asio::io_context>(1);
    simulation::VirtualClock clock_{*io_};
    simulation::FakeDirectory directory_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Broker> broker_;
    std::unique_ptr<World> world_;
    std::unique_ptr<App> app_;

private:
    template <class T>
    static boost::asio::awaitable<void> keep(Service::Answer<T> question, std::shared_ptr<std::optional<Result<T>>> answer) {
        answer->emplace(co_await std::move(question));
    }
    void run_ready();
    std::filesystem::path folder_;
    std::vector<simulation::FakeCall> calls_;
    bool is_disk_full_ = false;
};

}  // namespace stint::testing
