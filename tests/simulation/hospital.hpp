// One simulated hospital: the whole app/ on a real SQLite database, a faulty directory and a virtual clock. Lives
// through crashes; everything it does follows from one seed.
#pragma once

#include "app/app.hpp"
#include "faulty_directory.hpp"
#include "virtual_clock.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>

namespace stint::simulation {

/// A broken invariant: what it is, and when.
class Violation : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct Tally {
    std::int64_t steps = 0, asked = 0, answered = 0, grants = 0, crashes = 0, simulated_s = 0;
};

class Hospital {
public:
    Hospital(std::uint64_t seed, std::filesystem::path folder);
    ~Hospital();

    /// A safety phase with faults, crashes and clock steps, then a liveness phase: everything is healed, and within
    /// 120 simulated seconds no membership that is due is left. Throws Violation.
    Tally run();

private:
    void start();
    void crash();
    void settle_handlers();
    void pass(Seconds length);
    void act();
    void ask_something();
    boost::asio::awaitable<void> note(Service::Answer<RequestView> question);
    void trouble_something();
    void check();
    void check_healed();
    [[nodiscard]] double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    [[nodiscard]] std::size_t pick(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }
    [[nodiscard]] RequestId some_request();

    std::mt19937_64 random_;
    std::filesystem::path database_;
    Policy policy_;
    std::unique_ptr<boost::asio::io_context> io_;
    VirtualClock clock_;
    FaultyDirectory directory_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Broker> broker_;
    std::unique_ptr<World> world_;
    std::unique_ptr<App> app_;
    Tally tally_;
    /// What the broker has told somebody: it must still be so after any crash.
    std::map<RequestId, std::string> told_;
    std::int64_t last_key_ = 0;
};

/// The hospital's policy: one entitlement with an approval, one with two, one on policy alone, all with break-glass.
[[nodiscard]] Policy hospital_policy();

}  // namespace stint::simulation
