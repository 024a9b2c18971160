// Records are the sum of their events: this is the one place that says what an event does to them. Used by the
// store when an event is written, and by replay when the log is checked.
#pragma once

#include "core/event.hpp"
#include "core/ledger.hpp"

#include <stdexcept>

namespace stint {

/// An event that the machines do not allow, or that names a record that is not there. In the broker this is a
/// broken invariant and stops the process; in replay it is a finding about the log.
class ImpossibleEvent : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Whether the log may go on with this event of `at` after one of `before`: time goes back by more than a clock's
/// ordinary correction, 5 s, only where an event says so.
[[nodiscard]] bool may_follow(Utc before, const Event& event, Utc at);

/// Throws ImpossibleEvent and changes nothing in that case.
void apply(const Event& event, Utc at, Ledger& ledger);

}  // namespace stint
