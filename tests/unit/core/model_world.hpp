// A whole small hospital in memory: people, one policy, a directory that may be late, lie or be down, and the core's
// decisions applied to a ledger. For properties over random histories; no I/O, no clock but its own.
#pragma once

#include "core/apply.hpp"
#include "core/closing.hpp"
#include "core/deciding.hpp"
#include "core/filing.hpp"
#include "core/memory_ledger.hpp"
#include "core/opening.hpp"
#include "core/reconciling.hpp"
#include "core/reviewing.hpp"
#include "core/time_passing.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stint::test {

/// What the directory does with a write.
enum class Fate { applied, refused, lost, applied_unanswered, applied_late, not_sent };

class ModelWorld {
public:
    ModelWorld();

    // People's verbs. False when refused.
    bool file(const std::string& login, const std::string& entitlement, Seconds duration);
    bool break_glass(const std::string& login, const std::string& entitlement);
    bool extend(const std::string& login, RequestId id, Seconds duration);
    bool decide(const std::string& login, RequestId id, bool is_approval);
    bool cancel(const std::string& login, RequestId id);
    bool release(const std::string& login, RequestId id);
    bool revoke(const std::string& login, RequestId id);
    bool review(const std::string& login, RequestId id);

    // What the core says, with nothing committed.
    [[nodiscard]] std::vector<JudgedRule> judge_rules(const std::string& login, const FileRequest& command) const;
    [[nodiscard]] Result<Transition> judge_file(const std::string& login, const FileRequest& command) const;
    [[nodiscard]] Result<Transition> judge_cancel(const std::string& login, RequestId id) const;

    // The broker's own steps.
    void open_approved();
    [[nodiscard]] OpeningFacts opening_facts(RequestId id) const;
    void pass(Seconds length, Seconds clock_step = Seconds(0));
    void reconcile_all(Fate fate);
    void crash();

    // The world's.
    void enable(const std::string& login, bool is_enabled) { enabled_[login] = is_enabled; }
    void rival_add(const std::string& group, const std::string& login) { members_.insert({group, login}); }
    void rival_remove(const std::string& group, const std::string& login) {
        members_.erase({group, login});
        ours_.erase({group, login});
    }
    /// Everything works again; runs until nothing changes.
    void heal_and_settle();

    /// Throws std::logic_error that names the invariant and what broke it.
    void check() const;
    /// After healing: nobody is in a group for whom no open grant stands, but those whom rivals put there.
    void check_settled() const;

    [[nodiscard]] const MemoryLedger& ledger() const { return ledger_; }
    [[nodiscard]] std::vector<RequestId> requests() const;
    [[nodiscard]] bool is_member(const std::string& group, const std::string& login) const { return members_.count({group, login}) != 0; }
    [[nodiscard]] const Now& now() const { return now_; }
    [[nodiscard]] const Policy& policy() const { return policy_; }
    static constexpr Seconds settle{30};

    /// Called with what is committed, before the ledger takes it: for a second ledger to follow.
    std::function<void(const Transition&, const Now&)> on_commit;

private:
    using Pair = std::pair<std::string, std::string>;
    struct Flight {
        bool is_unsent = false;
        std::optional<BootTime> unknown_until;
        bool had_unknown = false;
    };
    struct LateWrite {
        Pair pair;
        Operation operation;
        BootTime at;
    };
    bool commit(const Result<Transition>& judged);
    void commit(const Transition& transition);
    void reconcile_one(MembershipId id, Fate fate);
    std::optional<ReconcileFacts> send(const Membership& membership, Operation operation, Fate fate);
    void apply_write(const Pair& pair, Operation operation);
    void late_writes();
    [[nodiscard]] Person person(const std::string& login) const;
    [[nodiscard]] DeciderFacts decider(const std::string& login) const;
    [[nodiscard]] FilingFacts filing(const std::string& login, const std::string& entitlement) const;
    [[nodiscard]] bool is_clock_behind() const { return now_.utc < high_water_ - Seconds(5); }
    [[nodiscard]] GroupIndex index() const;
    [[nodiscard]] std::vector<Reading> readings(const Entitlement& entitlement, const std::string& login) const;

    MemoryLedger ledger_;
    Policy policy_;
    Now now_;
    std::map<std::string, bool> enabled_;
    std::set<Pair> members_;          ///< the directory's truth: (group, login)
    std::set<Pair> ours_;             ///< of these, put there by a write of ours and not by a rival since
    std::map<MembershipId, Flight> flights_;
    std::vector<LateWrite> late_;
    std::set<MembershipId> intended_; ///< writes must have been announced
    std::int64_t opened_ = 0;
    Utc high_water_{};
};

}  // namespace stint::test
