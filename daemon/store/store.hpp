// The one SQLite database: records, events, outbox. A Ledger whose every change comes from an event in the same
// transaction. One read-write connection, used by the store thread alone (app/broker). All SQL lives in this room.
#pragma once

#include "audit/commitment.hpp"
#include "core/command.hpp"
#include "core/effect.hpp"
#include "core/event.hpp"
#include "core/ledger.hpp"
#include "core/time.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace stint {

/// The database could not do it. `is_full`: no space or read-only; nothing was changed.
class StoreFault : public std::runtime_error {
public:
    StoreFault(const std::string& message, bool is_full) : std::runtime_error(message), is_full_(is_full) {}
    [[nodiscard]] bool is_full() const noexcept { return is_full_; }

private:
    bool is_full_;
};

/// A rule of the tables forbids it: the fault of who asked, not of the disk.
class ConstraintFault final : public StoreFault {
public:
    explicit ConstraintFault(const std::string& message) : StoreFault(message, false) {}
};

using OutboxId = Id<struct OutboxTag>;
/// Who is given what is owed: a way to tell people, or the ticket system.
struct Channel {
    std::string name;            ///< no other's; what it was given is kept under it, over a restart too
    bool is_ticket_system = false;
};
struct Owed {
    OutboxId id;
    std::string key;             ///< idempotency key of the delivery: stable over retries
    Effect effect;
    std::int64_t attempts = 0;   ///< by this channel
    Utc created_at{};
    std::string unreadable;      ///< why `effect` could not be read and says nothing; "" when it was
};

struct StoredEvent {
    EventSeq seq;
    Utc at{};
    std::string entry;           ///< the exact bytes that are hashed
    std::vector<std::pair<std::string, std::string>> disclosed;  ///< field, plaintext of its commitments
};

struct IdempotentRequest {
    RequestId request;
    std::string digest;          ///< of the command's content, to tell a retry from a reuse
};

class Store final : public Ledger {
public:
    /// Opens or makes the database, migrates it. Throws StoreFault.
    Store(const std::filesystem::path& path, SaltSource salts);
    ~Store() override;

    // Transactions. `begin` takes the write lock; a savepoint holds one command.
    void begin();
    void commit();               ///< durable when it returns. Throws StoreFault; the transaction is then rolled back.
    void rollback() noexcept;
    void savepoint();
    void release_savepoint();
    void rollback_savepoint() noexcept;

    /// Around a batch of commands: records are kept as they were last read or written, from one batch to the next, unless
    /// another connection has written meanwhile. Outside of a batch each is read from the database.
    class Batch {
    public:
        explicit Batch(Store& store);
        ~Batch();
        Batch(const Batch&) = delete;
        Batch& operator=(const Batch&) = delete;

    private:
        Store& store_;
    };

    /// Moves the write-ahead log into the database when it has grown; call it while nobody waits. Never fails: what
    /// could not be moved now is moved later.
    void checkpoint_when_idle() noexcept;
    /// The same at an orderly end, whatever its size: a copy of the one file is a whole database then.
    void checkpoint() noexcept;

    /// Encodes and stores the event, then applies it to the records: the only way a record changes. Before an event that
    /// lies before the last one, by more than a clock's ordinary correction, stands one that says so.
    EventSeq append(const Event& event, const Now& now);
    void owe(const Effect& effect, const Now& now);

    /// What this channel is to be given now: first what it was never given, then what it is tried again with.
    [[nodiscard]] std::vector<Owed> owed(const Channel& channel, Utc now, int limit) const;
    /// The channel has it, or never will. Struck off once that is so of all `channels` of its kind.
    void delivered(OutboxId id, const Channel& channel, const std::vector<Channel>& channels);
    void postpone(OutboxId id, const Channel& channel, Utc until, const std::string& error);
    /// Strikes off what each of `channels` has: another one, that had not, is configured no more.
    void strike_off(const std::vector<Channel>& channels);
    [[nodiscard]] std::int64_t owed_count() const;

    // What is due. All bounded by `limit`, the oldest first.
    [[nodiscard]] std::vector<RequestId> grants_past_end(const Now& now, int limit) const;
    [[nodiscard]] std::vector<RequestId> grants_to_warn(Utc ends_until, int limit) const;  ///< open, not warned, ending by then
    [[nodiscard]] std::vector<RequestId> requests_past_lapse(Utc now, int limit) const;
    [[nodiscard]] std::vector<RequestId> requests_to_open(Utc now, int limit) const;        ///< approved, start reached
    [[nodiscard]] std::vector<RequestId> reviews_past_due(Utc now, int limit) const;
    [[nodiscard]] std::vector<RequestId> pending_requests(RequestId after, int limit) const;  ///< by number, larger than `after`
    [[nodiscard]] std::vector<RequestId> open_grants(RequestId after, int limit) const;
    /// The nearest of: an open grant's end (by UTC or, on the running boot, by boot time), a warning 5 minutes before
    /// it, a lapse, a start, a review's due time; expressed as a Deadline by both clocks. nullopt when nothing waits.
    [[nodiscard]] std::optional<Deadline> next_deadline(const Now& now) const;

    /// Memberships with something to do: an intent, or held by a closing or opening grant.
    [[nodiscard]] std::vector<MembershipId> unsettled_memberships(MembershipId after, int limit) const;
    /// Memberships held by an open grant.
    [[nodiscard]] std::vector<MembershipId> held_memberships(MembershipId after, int limit) const;
    [[nodiscard]] std::vector<MembershipId> memberships_to_sweep(Utc now, MembershipId after, int limit) const;
    /// Whose removal is late by more than `length` (core: lateness) and is not flagged overdue (or, with `stuck`, not flagged stuck).
    [[nodiscard]] std::vector<MembershipId> removals_late_by(Seconds length, const Now& now, bool stuck, int limit) const;

    [[nodiscard]] std::optional<IdempotentRequest> idempotent(const PersonId& person, const std::string& key) const;
    void remember_idempotent(const PersonId& person, const std::string& key, const IdempotentRequest& request, Utc now);
    /// Keys used before then: a client has long given up trying again.
    void forget_idempotent(Utc before);
    /// Persons the directory has told us of, for a break-glass while it is down. Not a record: never decides a right.
    void remember_person(const PersonRef& person, Utc now);
    [[nodiscard]] std::optional<PersonRef> remembered_person(const Login& login) const;
    [[nodiscard]] std::optional<PersonRef> remembered_person(const PersonId& id) const;
    /// Writes a page, inside a transaction, and changes no record: whether that can be committed is all it tells.
    void touch();
    /// The latest wall-clock time ever committed.
    [[nodiscard]] Utc high_water_mark() const;

    // Reading for people. Newest first.
    [[nodiscard]] std::vector<RequestId> requests_of(const PersonId& person, std::optional<RequestId> before, int limit) const;
    [[nodiscard]] std::vector<RequestId> all_requests(std::optional<RequestId> before, int limit) const;
    [[nodiscard]] std::vector<RequestId> live_requests(std::optional<RequestId> before, int limit) const;    ///< pending, approved, or grant not closed
    [[nodiscard]] std::vector<RequestId> reviews_waiting(std::optional<RequestId> before, int limit) const;  ///< due or overdue
    [[nodiscard]] std::vector<Finding> open_findings(int limit) const;
    [[nodiscard]] std::vector<StoredEvent> search(const SearchEvents& search, const std::optional<PersonId>& person) const;
    [[nodiscard]] std::optional<StoredEvent> event(EventSeq seq) const;
    /// The events after `after` about this request (0: about any request), oldest first: (seq, request).
    [[nodiscard]] std::vector<std::pair<EventSeq, RequestId>> events_after(EventSeq after, RequestId request, int limit) const;
    [[nodiscard]] EventSeq last_event() const;
    struct Counts {
        std::int64_t open_grants = 0, closing_grants = 0, pending = 0, overdue = 0, stuck = 0, findings = 0, grants_total = 0, closed_total = 0;
    };
    [[nodiscard]] Counts counts() const;

    // Ledger
    [[nodiscard]] std::optional<Request> request(RequestId id) const override;
    [[nodiscard]] std::vector<Approval> approvals(RequestId id) const override;
    [[nodiscard]] std::optional<Grant> grant(RequestId id) const override;
    [[nodiscard]] std::optional<Review> review(RequestId id) const override;
    [[nodiscard]] std::optional<Membership> membership(MembershipId id) const override;
    [[nodiscard]] std::optional<Membership> membership_of(const GroupId& group, const PersonId& person) const override;
    [[nodiscard]] std::optional<Finding> finding(FindingId id) const override;
    [[nodiscard]] std::vector<MembershipId> held_by(RequestId grant) const override;
    [[nodiscard]] std::vector<RequestId> holders(MembershipId membership) const override;
    [[nodiscard]] std::vector<RequestId> live_requests_of(const PersonId& person) const override;
    [[nodiscard]] std::vector<RequestId> requests_since(const PersonId& person, Utc since) const override;
    [[nodiscard]] bool has_overdue_review(const PersonId& person) const override;
    [[nodiscard]] std::optional<FindingId> open_finding(FindingKind kind, const GroupId& group, const PersonId& person,
                                                        std::optional<RequestId> request) const override;
    [[nodiscard]] bool has_stuck_removal(const GroupId& group) const override;
    [[nodiscard]] RequestId next_request() const override;
    [[nodiscard]] MembershipId next_membership() const override;
    [[nodiscard]] FindingId next_finding() const override;
    void put(const Request& request) override;
    void put(const Approval& approval) override;
    void put(const Grant& grant) override;
    void put(const Review& review) override;
    void put(const Membership& membership) override;
    void put(const Finding& finding) override;
    void hold(RequestId grant, MembershipId membership) override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Rebuilds every record from the stored events in memory and compares, both ways. One line for each difference;
/// empty when records and log agree. Reads through a connection of its own, beside a running broker too. The lines
/// quote what stands in the database: escape them. Throws StoreFault when it is no database of this version.
[[nodiscard]] std::vector<std::string> replay_and_compare(const std::filesystem::path& path);

}  // namespace stint
