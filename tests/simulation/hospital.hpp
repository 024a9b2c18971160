// One simulated hospital: the whole app/ on a real SQLite database, a faulty disk, directory and post, and a virtual
// clock. Lives through crashes; everything it does follows from one seed.
#pragma once

#include "app/app.hpp"
#include "disk.hpp"
#include "faulty_directory.hpp"
#include "postbox.hpp"
#include "staff.hpp"
#include "virtual_clock.hpp"
#include "witness.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

namespace stint::simulation {

struct Tally {
    std::int64_t steps = 0, asked = 0, answered = 0, grants = 0, crashes = 0, disk_failures = 0, messages = 0, simulated_s = 0;
};

class Hospital {
public:
    Hospital(std::uint64_t seed, std::filesystem::path folder);
    ~Hospital();

    /// A safety phase with faults, crashes and clock steps, then a liveness phase: everything is healed; within two
    /// simulated minutes no membership that is due is left, a newcomer is lent what they ask for, and in the end every
    /// message has gone out. Throws Violation.
    Tally run();

private:
    void start();
    bool has_started();
    void crash();
    void crash_and_start();
    void settle_handlers();
    void pass(Seconds length);
    void act();
    void trouble_directory();
    void trouble_clock();
    void trouble_disk();
    void trouble_post();
    void meanwhile();
    void check();
    void heal();
    void end_well();
    void lend_to_newcomer();
    void deliver_the_rest();
    void judge_messages() const;
    [[nodiscard]] bool is_well() const;
    [[nodiscard]] double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    [[nodiscard]] std::size_t pick(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }

    std::mt19937_64 random_;
    Disk disk_;
    std::filesystem::path database_;
    Policy policy_;
    std::unique_ptr<boost::asio::io_context> io_;
    VirtualClock clock_;
    FaultyDirectory directory_;
    std::array<Postbox, 2> post_;
    Staff staff_;
    Witness witness_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Broker> broker_;
    std::unique_ptr<World> world_;
    std::unique_ptr<App> app_;
    Tally tally_;
    bool has_lag_ = false;              ///< this hospital's servers do not keep up with each other
    bool has_start_failed_ = false;     ///< the process ended by itself
    BootTime troubled_at_{};            ///< elapsed time of the last start, or failure of the disk
    std::int64_t failures_ = 0, failed_flushes_ = 0;
    int boots_ = 1;
};

/// The hospital's policy: one entitlement with an approval, one with two, one on policy alone, all with break-glass.
[[nodiscard]] Policy hospital_policy();

}  // namespace stint::simulation
