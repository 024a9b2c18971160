// Closing the difference between what a membership should be and what was read back: the rules of the directory,
// as a pure function. app/reconcile performs what it says and comes back with what it saw.
#pragma once

#include "core/ledger.hpp"
#include "core/transition.hpp"

#include <optional>
#include <string>

namespace stint {

/// What was read back just now, and from whom.
struct Observation {
    bool is_present = false;
    std::string server;
};

/// A definite no to an operation: nothing was changed.
struct RefusedOperation {
    Operation operation = Operation::add;
    std::int64_t code = 0;
    std::string message;
};

struct ReconcileFacts {
    std::optional<Observation> seen;
    std::optional<RefusedOperation> refused;
    /// The intent was, or may have been, sent, its outcome is unknown and its settle time has not passed.
    bool may_be_in_flight = false;
    /// What may be in flight is a removal, also where the records do not know of it: it was sent while they could not be written.
    bool is_removal_in_flight = false;
    /// An earlier attempt at this addition was sent and its outcome never learnt: it may come true late.
    bool had_unknown = false;
    /// The intent was committed by this process and never sent: it can be sent without reading first.
    bool is_unsent = false;
    /// The server that acknowledged the addition under way; empty when none did in this life.
    std::string added_on;
    /// A server acknowledged that the removal under way changed its entry: absence is then as good from any server.
    bool has_removed = false;
    /// The group is gone from the directory: nobody can be in it.
    bool is_group_gone = false;
};

struct ReconcileStep {
    enum class Next {
        rest,         ///< nothing to do until something changes
        read_back,    ///< ask the directory, then come back with what was seen
        send_add,     ///< the intent is committed: send it, once
        send_remove,
        wait,         ///< an outcome is unknown: read back when its settle time has passed
        retry,        ///< the directory said no to a removal: again after a back-off, for ever
    };
    Next next = Next::rest;
    Transition transition;
};

[[nodiscard]] ReconcileStep reconcile(const Ledger& ledger, MembershipId id, const ReconcileFacts& facts);

}  // namespace stint
