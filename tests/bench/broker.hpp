// A real stintd on a real, durable slapd, in a folder of their own: made-up people with uids of their own, groups, and
// a policy that grants on its own account. Needs root, to connect as many people.
#pragma once

#include "tests/contract/slapd.hpp"

#include <sys/types.h>

#include <algorithm>
#include <memory>
#include <string>

namespace stint::bench {

struct Size {
    static constexpr int team = 50;   ///< people in a group that may ask
    int people = 2000;                ///< whole teams
    int entitlements = 100;           ///< each lends one group; a multiple of `kinds`

    [[nodiscard]] int teams() const { return people / team; }
    /// Entitlement e is for the teams t with t % kinds == e % kinds.
    [[nodiscard]] int kinds() const { return std::min(20, teams()); }
};

/// Everything throws std::runtime_error.
class Broker {
public:
    explicit Broker(Size size);
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    /// Returns when it says that it is ready; how many seconds that took.
    double start();
    void stop();

    [[nodiscard]] const Size& size() const { return size_; }
    [[nodiscard]] const testing::Slapd& slapd() const { return *slapd_; }
    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] std::string socket() const { return folder_ + "/stint.sock"; }
    /// A copy of `stint` that other users can run.
    [[nodiscard]] std::string client_for_everybody() const;
    /// Resident, in MB (10^6 bytes).
    [[nodiscard]] double memory_mb() const;

    [[nodiscard]] static uid_t uid(int person);
    [[nodiscard]] static std::string login(int person);
    [[nodiscard]] static std::string entitlement(int number);
    [[nodiscard]] static std::string group_dn(int number);

private:
    void write_files();
    [[nodiscard]] std::string people_and_groups() const;

    Size size_;
    std::string folder_;
    std::unique_ptr<testing::Slapd> slapd_;
    pid_t pid_ = -1;
};

}  // namespace stint::bench
