// The only code that writes to the directory. For each membership it asks core/reconciling for the next step, takes
// it, and comes back with what it saw: one operation at a time, for as long as it takes.
#pragma once

#include "app/bulkhead.hpp"
#include "app/world.hpp"
#include "core/reconciling.hpp"

#include <functional>
#include <memory>
#include <unordered_map>

namespace stint {

class Reconciler {
public:
    explicit Reconciler(World& world);

    /// Looks at this membership soon; while it is being worked on, once more afterwards.
    void touch(MembershipId id);
    /// An intent was committed just now by this process: it has certainly not been sent.
    void intended(MembershipId id, Operation operation);
    /// Treats every stored intent as sent by an earlier life, at the moment it ended at the latest.
    [[nodiscard]] boost::asio::awaitable<void> start();
    /// Reads back every membership that an open grant holds, and whatever is unsettled; returns when the directory has
    /// said something of each.
    [[nodiscard]] boost::asio::awaitable<void> first_round();
    /// The same once more, soon, as far as the directory answers; however often it is wanted, one at a time.
    void want_round();
    /// Reads back what was closed in the last day, in the same way.
    void want_sweep();

    /// The directory answered the last time it was asked.
    [[nodiscard]] bool is_directory_reachable() const { return is_reachable_; }

private:
    /// What this process knows of the one operation of a membership; nothing of it needs to survive a crash.
    struct Flight {
        enum class State { none, unsent, unknown } state = State::none;
        void becomes_unknown(BootTime until) {
            state = State::unknown;
            settled = until;
            had_unknown = true;
        }
        Operation operation = Operation::add;  ///< that was sent last
        BootTime settled{};   ///< when `unknown`: from then on it did not happen. A clock that is set changes nothing
        bool had_unknown = false;
        std::string added_on;      ///< who acknowledged this addition
        bool has_removed = false;  ///< somebody acknowledged that this removal changed an entry
        int attempts = 0;     ///< writes of this intent
        int silences = 0;     ///< answers the directory owes in a row
        bool is_rested = true;  ///< has waited since the last write
    };
    /// What the core said to do, and the records it takes to do it.
    struct Decision {
        ReconcileStep::Next next = ReconcileStep::Next::rest;
        std::optional<Membership> membership;
        std::optional<Deadline> until;   ///< the latest end of the open grants that hold it
    };
    struct Seen {
        std::optional<Observation> seen;
        bool is_group_gone = false;
        bool has_answer = false;
        bool is_refused = false;   ///< no answer, and asking again at once would bring none
    };
    using Page = std::function<std::vector<MembershipId>(Store&, MembershipId after)>;
    /// What one look over many has met.
    struct Look {
        bool is_patient = false;   ///< waits for a directory that is away
        int answers = 0;
        std::vector<MembershipId> silent{};
        /// So many were silent, and none was answered: it is the directory that is away.
        [[nodiscard]] bool is_in_vain(std::size_t limit) const { return !is_patient && answers == 0 && silent.size() >= limit; }
    };

    boost::asio::awaitable<void> work(MembershipId id);
    boost::asio::awaitable<void> converge(MembershipId id);
    boost::asio::awaitable<Decision> decide(MembershipId id, ReconcileFacts facts);
    boost::asio::awaitable<Seen> read_back(Membership membership, Bulkhead& readings);
    boost::asio::awaitable<void> patrol();
    boost::asio::awaitable<void> round(Look& look);
    boost::asio::awaitable<void> look_over(Page page, Look& look);
    /// `holding` goes when it is done.
    boost::asio::awaitable<void> look_at(Membership membership, Look& look, std::shared_ptr<void> holding);
    boost::asio::awaitable<Seen> read_back_patiently(Membership membership);
    boost::asio::awaitable<bool> is_away_for_all(Membership membership);
    void reached();
    /// The store cannot be written: removes what is past its end all the same, on the strength of what can be read, and
    /// returns when the records may follow.
    boost::asio::awaitable<void> go_without_records(MembershipId id);
    /// True when it was seen to be gone.
    boost::asio::awaitable<bool> remove_unrecorded(MembershipId id);
    boost::asio::awaitable<ReconcileFacts> send(Decision decision);
    boost::asio::awaitable<ReconcileFacts> write(Membership membership, Operation operation, Seconds life);
    boost::asio::awaitable<void> rest(MembershipId id, int times);
    boost::asio::awaitable<void> touch_pages(Page page);

    World& world_;
    Bulkhead additions_, removals_, readings_;
    Bulkhead looks_;     ///< readings of rounds and sweeps: a proof never stands behind them
    Bulkhead retries_;
    std::unordered_map<MembershipId, Flight> flights_;
    std::unordered_map<MembershipId, bool> working_;   ///< value: once more
    bool is_reachable_ = false;
    int returns_ = 0;   ///< of the directory, after it had been away
    bool is_first_round_over_ = false, is_round_wanted_ = false, is_sweep_wanted_ = false, is_patrolling_ = false;
};

}  // namespace stint
