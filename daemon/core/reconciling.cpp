// Level-triggered: whatever the moment, it looks at what is wanted and what is there, and says the next step.
#include "core/reconciling.hpp"

#include "core/closing.hpp"
#include "core/filing.hpp"

#include <algorithm>

namespace stint {

namespace {

using Next = ReconcileStep::Next;

class Reconciliation {
public:
    Reconciliation(const Ledger& ledger, Membership membership, const ReconcileFacts& facts)
        : ledger_(ledger), membership_(std::move(membership)), facts_(facts) {
        for (const RequestId id : ledger.holders(membership_.id)) {
            auto grant = ledger.grant(id);
            if (!grant) continue;
            (is_open(grant->state) ? open_ : closing_).push_back(std::move(*grant));
        }
    }

    ReconcileStep step() {
        if (facts_.refused) {
            refused();
            if (facts_.refused->operation == Operation::remove) return next(Next::retry);
        }
        if (facts_.is_group_gone) return group_gone();
        if (!facts_.seen) return unseen();
        if (facts_.seen && facts_.seen->is_present) return is_wanted() ? present_wanted() : present_unwanted();
        return is_wanted() ? absent_wanted() : absent_unwanted();
    }

private:
    [[nodiscard]] bool is_wanted() const { return membership_.is_baseline || !open_.empty(); }

    [[nodiscard]] EventHeader header(const Grant& grant) const { return header_of(ledger_, grant, broker_actor("directory")); }

    /// About the membership itself; named after a grant that holds it, where there is one.
    [[nodiscard]] EventHeader header() const {
        if (!open_.empty()) return header(open_.front());
        if (!closing_.empty()) return header(closing_.front());
        EventHeader header;
        header.actor = broker_actor("directory");
        header.subject = membership_.person.id;
        return header;
    }

    ReconcileStep next(Next what) { return {what, std::move(transition_)}; }

    ReconcileStep intend(Operation operation) {
        if (membership_.intent != operation) {
            // What was acknowledged and not seen yet is owed on that server, also after a kill.
            const bool is_unseen = operation == Operation::remove && membership_.intent == Operation::add && !is_present_here();
            transition_.add(header(), MembershipIntended{membership_.id, operation, is_unseen ? facts_.added_on : std::string()});
        }
        return next(operation == Operation::add ? Next::send_add : Next::send_remove);
    }

    void observed(bool is_present, bool may_apply_late) {
        transition_.add(header(), MembershipObserved{membership_.id, is_present, is_wanted(), may_apply_late,
                                                     facts_.seen ? facts_.seen->server : std::string()});
    }

    void find(FindingKind kind) {
        if (ledger_.open_finding(kind, membership_.group.id, membership_.person.id, std::nullopt)) return;
        EventHeader about = header();
        about.request = about.grant = {};
        const FindingId id{ledger_.next_finding().value + findings_++};
        transition_.add(about, FindingSeen{id, kind, membership_.group.id, membership_.group.name, membership_.person.id});
        transition_.effects.push_back(NotifyPeople{NoticeKind::finding, {}, {}, {}, {}, id});
    }

    void clear(FindingKind kind) {
        const auto open = ledger_.open_finding(kind, membership_.group.id, membership_.person.id, std::nullopt);
        if (open) transition_.add(header(), FindingCleared{*open});
    }

    /// A definite no. An addition that fails ends the grants that wait for it; a removal goes on for ever.
    void refused() {
        if (facts_.refused->message != membership_.last_error || facts_.refused->operation == Operation::add) {
            const bool is_addition = facts_.refused->operation == Operation::add;
            transition_.add(header(), OperationRefused{membership_.id, facts_.refused->operation, facts_.refused->code, is_late_possible(),
                                                       is_addition ? facts_.added_on : std::string(), facts_.refused->message});
        }
        if (facts_.refused->operation == Operation::add) close_open(CloseReason::failed, facts_.refused->message);
    }

    /// An addition whose fate is open may come true after somebody else's did: presence does not prove that it was ours.
    [[nodiscard]] bool is_late_possible() const {
        return membership_.may_apply_late || (membership_.intent == Operation::add && (facts_.may_be_in_flight || facts_.had_unknown));
    }

    [[nodiscard]] bool is_removal_open() const {
        return facts_.is_removal_in_flight || (facts_.may_be_in_flight && membership_.intent == Operation::remove);
    }

    /// This attempt or an earlier one.
    [[nodiscard]] bool was_sent() const { return !facts_.is_unsent || facts_.had_unknown; }

    void close_open(CloseReason reason, const std::string& comment) {
        const std::size_t first = closing_.size();
        for (Grant& grant : open_) {
            transition_.add(header(grant), GrantClosing{reason, comment});
            grant.state = GrantState::closing;
            grant.reason = reason;
            closing_.push_back(grant);
        }
        open_.clear();
        for (std::size_t i = first; i < closing_.size(); ++i) intend_removals_beside(closing_[i]);
    }

    /// The other memberships of a grant that starts to close here.
    void intend_removals_beside(const Grant& grant) {
        for (const MembershipId id : ledger_.held_by(grant.id)) {
            if (id == membership_.id || is_held_open(id, grant.id)) continue;
            const auto other = ledger_.membership(id);
            if (!other || other->is_baseline || other->intent || other->known != Presence::present) continue;
            if (!intended_.insert(id)) continue;
            transition_.add(header(grant), MembershipIntended{id, Operation::remove});
        }
    }

    [[nodiscard]] bool is_held_open(MembershipId id, RequestId except) const {
        for (const RequestId holder : ledger_.holders(id)) {
            if (holder == except) continue;
            const bool ends_here = std::any_of(closing_.begin(), closing_.end(), [&](const Grant& grant) { return grant.id == holder; });
            const auto grant = ledger_.grant(holder);
            if (!ends_here && grant && is_open(grant->state)) return true;
        }
        return false;
    }

    /// A group that is gone proves an absence only where we never put anybody in; otherwise the removal stays owed,
    /// and alarms: the account may just have lost the right to see the group.
    ReconcileStep group_gone() {
        const bool was_added = membership_.known == Presence::present || facts_.had_unknown ||
                               (membership_.intent && was_sent() && !facts_.refused);
        if (was_added) return next(Next::retry);
        close_open(CloseReason::failed, "the directory does not know the group any more");
        return absent_unwanted();
    }

    ReconcileStep unseen() {
        const bool has_work = membership_.intent || !open_.empty() || !closing_.empty() || membership_.sweep_until;
        if (!has_work) return next(Next::rest);
        if (facts_.is_unsent && membership_.intent == (is_wanted() ? Operation::add : Operation::remove)) {
            return next(is_wanted() ? Next::send_add : Next::send_remove);
        }
        return next(Next::read_back);
    }

    ReconcileStep present_wanted() {
        if (is_removal_open()) return next(Next::wait);
        if (membership_.known != Presence::present || membership_.intent) observed(true, is_late_possible());
        if (!membership_.is_baseline) clear(FindingKind::outside_add);
        for (const Grant& grant : open_) {
            if (grant.state == GrantState::ready || !all_present(grant.id)) continue;
            if (grant.state == GrantState::opening) transition_.add(header(grant), GrantActivated{});
            transition_.add(header(grant), GrantReady{});
            transition_.effects.push_back(NotifyPeople{NoticeKind::ready, grant.id, {}, {grant.person}, {}});
        }
        close_proved();
        return next(Next::rest);
    }

    ReconcileStep present_unwanted() {
        const bool is_ours = !closing_.empty() || membership_.intent || membership_.known == Presence::present || membership_.may_apply_late;
        if (!is_ours) {
            find(FindingKind::outside_add);
            return next(Next::rest);
        }
        if (membership_.known != Presence::present) observed(true, is_late_possible());
        if (is_removal_open()) return next(Next::wait);
        return intend(Operation::remove);
    }

    ReconcileStep absent_wanted() {
        if (membership_.known == Presence::present && !membership_.intent) {
            // A server that lags says nothing of the one that took the write; the next round asks again.
            if (!is_absence_proved()) return next(Next::rest);
            close_open(CloseReason::removed_outside, {});
            find(FindingKind::outside_remove);
            // What the reading missed, an earlier name say, one removal finds; then it is proved as any other end.
            return intend(Operation::remove);
        }
        if (facts_.may_be_in_flight) return next(Next::wait);
        // Unproved, it is still owed where the person was last seen, should this addition be refused.
        if (membership_.intent == Operation::remove && is_absence_proved()) observed(false, membership_.may_apply_late);
        return intend(Operation::add);
    }

    ReconcileStep absent_unwanted() {
        if (membership_.intent && facts_.may_be_in_flight && (membership_.intent == Operation::add || !is_absence_proved())) {
            return next(Next::wait);
        }
        if (!is_absence_proved()) return intend(Operation::remove);
        const bool is_unproved = membership_.intent == Operation::add && !facts_.refused && was_sent();
        if (membership_.known != Presence::absent || membership_.intent || !closing_.empty()) {
            observed(false, membership_.may_apply_late || is_unproved);
        }
        clear(FindingKind::outside_add);
        clear(FindingKind::stuck_removal);
        close_proved();
        return next(Next::rest);
    }

    /// Absence counts on the server that showed the person, or took the addition; or on any, once a removal of ours has
    /// changed an entry: that change reaches the others, or they never had the person.
    [[nodiscard]] bool is_absence_proved() const {
        if (!facts_.seen || facts_.has_removed) return true;
        if (membership_.known == Presence::present) return membership_.server.empty() || facts_.seen->server == membership_.server;
        return facts_.added_on.empty() || facts_.seen->server == facts_.added_on;
    }

    [[nodiscard]] bool all_present(RequestId grant) const {
        for (const MembershipId id : ledger_.held_by(grant)) {
            if (id == membership_.id) continue;
            const auto other = ledger_.membership(id);
            if (!other || other->known != Presence::present || other->intent == Operation::remove) return false;
        }
        return true;
    }

    /// Closes each closing grant whose memberships are all proved absent, or held by somebody else's open grant.
    void close_proved() {
        for (const Grant& grant : closing_) {
            if (!all_gone(grant.id)) continue;
            const CloseReason reason = grant.reason.value_or(CloseReason::expired);
            transition_.add(header(grant), GrantClosed{reason});
            tell_closed(ledger_, transition_, grant, reason);
        }
    }

    [[nodiscard]] bool all_gone(RequestId grant) const {
        for (const MembershipId id : ledger_.held_by(grant)) {
            if (id == membership_.id) {
                if (is_present_here() && !is_wanted()) return false;
                continue;
            }
            const auto other = ledger_.membership(id);
            if (!other) return false;
            if (other->is_baseline || is_held_open(id, grant)) continue;
            // What is owed was not read back yet, also where its addition was refused: an earlier one may come late.
            if (other->known != Presence::absent || other->intent || other->removal_due_at) return false;
        }
        return true;
    }

    [[nodiscard]] bool is_present_here() const { return facts_.seen && facts_.seen->is_present; }

    /// The few ids that were given an intent in this step.
    struct Once {
        std::vector<MembershipId> ids;
        bool insert(MembershipId id) {
            if (std::find(ids.begin(), ids.end(), id) != ids.end()) return false;
            ids.push_back(id);
            return true;
        }
    };

    const Ledger& ledger_;
    Membership membership_;
    const ReconcileFacts& facts_;
    std::vector<Grant> open_, closing_;
    Transition transition_;
    Once intended_;
    std::int64_t findings_ = 0;
};

}  // namespace

ReconcileStep reconcile(const Ledger& ledger, MembershipId id, const ReconcileFacts& facts) {
    auto membership = ledger.membership(id);
    if (!membership) return {};
    return Reconciliation(ledger, std::move(*membership), facts).step();
}

}  // namespace stint
