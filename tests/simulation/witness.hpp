// Looks at the records from outside, at the very moment at which they change, and holds them against the world: who may
// open, when it ends, whether an end is true, whether what is late is called so.
#pragma once

#include "core/entitlement.hpp"
#include "ends.hpp"
#include "faulty_directory.hpp"
#include "store/store.hpp"
#include "virtual_clock.hpp"

#include <map>
#include <optional>
#include <set>
#include <stdexcept>

namespace stint::simulation {

/// A broken invariant: what it is.
class Violation : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& what) {
    if (!holds) throw Violation(what);
}

class Witness {
public:
    Witness(const Policy& policy, FaultyDirectory& directory, const VirtualClock& clock) : policy_(policy), directory_(directory), clock_(clock) {}

    /// A process begins with these records.
    void starts(const Store& store);
    /// Something may have been committed just now. Throws Violation, as all below.
    void look(const Store& store);
    /// What holds at every moment. `is_well`: the broker has been running, on a disk that does not fail, for a while.
    void check(const Store& store, bool is_well);
    /// What holds two minutes after everything was healed.
    void check_healed(const Store& store) const;
    /// The wall clock was set: who is late by it can no longer be told.
    void clock_was_set() {
        for (auto& [id, since] : due_) since = BootTime::max() / 2;
    }

    [[nodiscard]] Lending lending(const Store& store, const Pair& pair) const;
    [[nodiscard]] Utc latest_committed() const { return latest_; }
    [[nodiscard]] const std::map<RequestId, bool>& grants() const { return grants_; }   ///< value: it has closed

private:
    void look_at(const Store& store, RequestId id);
    void opened(const Store& store, const Request& request, const Grant& grant);
    void extended(const Store& store, const Grant& grant);
    void closed(const Store& store, const Grant& grant) const;
    void approved(const Store& store, const Request& request) const;
    void entitled(const std::string& login, const std::vector<GroupName>& groups, const std::string& what) const;
    void check_request(const Store& store, const Request& request) const;
    void check_lateness(const Store& store, bool is_well);
    [[nodiscard]] bool is_living(const Grant& grant) const;
    /// A grant lends it, or did so long ago.
    [[nodiscard]] bool is_lent(const Store& store, MembershipId membership, Seconds ago) const;
    [[nodiscard]] Utc floor() const { return latest_at_start_ + (clock_.now().boot - booted_at_start_); }

    const Policy& policy_;
    FaultyDirectory& directory_;
    const VirtualClock& clock_;
    Ends ends_;
    EventSeq seen_{};
    Utc latest_{}, latest_at_start_{};
    BootTime booted_at_start_{};
    std::set<RequestId> changed_;               ///< since the last check
    std::map<RequestId, bool> grants_;
    std::map<RequestId, BootTime> opened_at_;   ///< elapsed time
    std::map<MembershipId, BootTime> due_;      ///< since when somebody ought to be out and is not
};

}  // namespace stint::simulation
