// The hospital's own account of when each grant ends: the first moment by either of the two clocks, counted from the
// moment at which the grant was seen to open. It asks nothing of the code under test.
#pragma once

#include "core/id.hpp"
#include "core/time.hpp"

#include <algorithm>
#include <map>

namespace stint::simulation {

class Ends {
public:
    /// `elapsed`: what has really passed since the world began.
    void opened(RequestId id, const Now& now, BootTime elapsed, Seconds length) {
        ends_[id] = {now.utc + length, now.boot + length, elapsed + length, now.boot_id, false};
    }
    /// What is left in whole seconds, and the extension on top, but never more ahead than `limit`.
    void extended(RequestId id, const Now& now, BootTime elapsed, Seconds by, Seconds limit) {
        End& end = ends_.at(id);
        std::chrono::microseconds left = end.utc - now.utc;
        if (end.boot_id == now.boot_id) left = std::min<std::chrono::microseconds>(left, end.boot - now.boot);
        const Seconds ahead = std::min(std::chrono::floor<Seconds>(left) + by, limit);
        end = {now.utc + ahead, now.boot + ahead, elapsed + ahead, now.boot_id, true};
    }
    /// Whatever the clocks say: a broker that knows it may end it.
    [[nodiscard]] bool has_really_passed(RequestId id, BootTime elapsed) const { return elapsed >= ends_.at(id).elapsed; }
    void keep_only(const std::map<RequestId, bool>& grants) {
        std::erase_if(ends_, [&](const auto& one) { return !grants.contains(one.first); });
    }
    [[nodiscard]] bool knows(RequestId id) const { return ends_.contains(id); }
    [[nodiscard]] bool is_extended(RequestId id) const { return ends_.at(id).is_extended; }
    /// `floor`: it is this late at the least, whatever the wall clock says (after a reboot there is no other).
    [[nodiscard]] bool has_passed(RequestId id, const Now& now, Utc floor) const {
        const End& end = ends_.at(id);
        if (end.boot_id == now.boot_id) return now.utc >= end.utc || now.boot >= end.boot;
        return std::max(now.utc, floor) >= end.utc;
    }

private:
    struct End {
        Utc utc{};
        BootTime boot{}, elapsed{};
        std::string boot_id;
        bool is_extended = false;
    };
    std::map<RequestId, End> ends_;
};

}  // namespace stint::simulation
