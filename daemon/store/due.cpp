// What time or the directory has made due. Every question is answered from a partial index over what is live, so
// its cost follows the open work, never the history.
#include "core/time_passing.hpp"
#include "store/impl.hpp"
#include "store/table.hpp"

#include <algorithm>
#include <limits>

namespace stint {
namespace {

/// The time from `from` to `to`, at the end of the scale when it does not fit.
std::chrono::microseconds between(std::int64_t from, std::int64_t to) {
    std::int64_t length = 0;
    if (!__builtin_sub_overflow(to, from, &length)) return std::chrono::microseconds{length};
    return to > from ? std::chrono::microseconds::max() : std::chrono::microseconds::min();
}

std::int64_t later(std::int64_t time, std::chrono::microseconds by) {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(time, std::int64_t{by.count()}, &sum)) return sum;
    return by.count() > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

}  // namespace

std::vector<RequestId> Store::grants_past_end(const Now& now, int limit) const {
    return read_all<RequestId>(impl_->db.query(
        "SELECT id FROM ("
        " SELECT * FROM (SELECT id, not_after_us FROM grants WHERE closing_us IS NULL AND not_after_us <= ?1"
        "  ORDER BY not_after_us LIMIT ?4)"
        " UNION"
        " SELECT * FROM (SELECT id, not_after_us FROM grants WHERE closing_us IS NULL AND not_after_boot_id = ?2"
        "  AND not_after_boot_id <> '' AND not_after_boot_us <= ?3 ORDER BY not_after_boot_us LIMIT ?4)"
        " UNION"
        " SELECT * FROM (SELECT id, not_after_us FROM grants WHERE closing_us IS NULL AND (not_after_boot_id <> ?2 OR not_after_boot_id = '')"
        "  AND not_after_us <= ?5 ORDER BY not_after_us LIMIT ?4)"
        ") ORDER BY not_after_us, id LIMIT ?4",
        now.utc, now.boot_id, now.boot, limit, now.floor));
}

std::vector<RequestId> Store::grants_to_warn(Utc ends_until, int limit) const {
    return read_all<RequestId>(impl_->db.query("SELECT id FROM grants WHERE closing_us IS NULL AND is_warned = 0"
                                               " AND not_after_us <= ? ORDER BY not_after_us, id LIMIT ?",
                                               ends_until, limit));
}

std::vector<RequestId> Store::requests_past_lapse(Utc now, int limit) const {
    return read_all<RequestId>(impl_->db.query(
        "SELECT id FROM requests INDEXED BY requests_lapsing WHERE (state = 'pending' OR state = 'approved') AND lapses_us <= ? ORDER BY lapses_us, id LIMIT ?", now, limit));
}

std::vector<RequestId> Store::requests_to_open(Utc now, int limit) const {
    return read_all<RequestId>(impl_->db.query(
        "SELECT id FROM requests INDEXED BY requests_starting WHERE state = 'approved' AND coalesce(start_us, 0) <= ? ORDER BY coalesce(start_us, 0), id LIMIT ?", now, limit));
}

std::vector<RequestId> Store::reviews_past_due(Utc now, int limit) const {
    return read_all<RequestId>(
        impl_->db.query("SELECT id FROM reviews WHERE state = 'due' AND due_us <= ? ORDER BY due_us, id LIMIT ?", now, limit));
}

std::vector<RequestId> Store::pending_requests(RequestId after, int limit) const {
    return read_all<RequestId>(impl_->db.query(
        "SELECT id FROM requests WHERE (state = 'pending' OR state = 'approved') AND state = 'pending' AND id > ? ORDER BY id LIMIT ?", after, limit));
}

std::vector<RequestId> Store::open_grants(RequestId after, int limit) const {
    return read_all<RequestId>(
        impl_->db.query("SELECT id FROM grants WHERE closing_us IS NULL AND id > ? ORDER BY id LIMIT ?", after, limit));
}

std::optional<Deadline> Store::next_deadline(const Now& now) const {
    std::optional<std::chrono::microseconds> nearest;
    const auto look_at = [&nearest](Query query, std::int64_t from, std::chrono::microseconds earlier = {}) {
        if (!query.step() || query.is_null()) return;
        const auto left = between(from, later(query.integer(), -earlier));
        nearest = nearest ? std::min(*nearest, left) : left;
    };
    const std::int64_t utc = now.utc.time_since_epoch().count();
    Db& db = impl_->db;
    look_at(db.query("SELECT min(not_after_us) FROM grants WHERE closing_us IS NULL"), utc);
    if (now.floor > now.utc) {
        look_at(db.query("SELECT min(not_after_us) FROM grants WHERE closing_us IS NULL AND (not_after_boot_id <> ? OR not_after_boot_id = '')",
                         now.boot_id),
                now.floor.time_since_epoch().count());
    }
    look_at(db.query("SELECT min(not_after_us) FROM grants WHERE closing_us IS NULL AND is_warned = 0"), utc, warning_before);
    look_at(db.query("SELECT min(not_after_boot_us) FROM grants WHERE closing_us IS NULL AND not_after_boot_id = ?"
                     " AND not_after_boot_id <> ''",
                     now.boot_id),
            now.boot.count());
    look_at(db.query("SELECT min(lapses_us) FROM requests INDEXED BY requests_lapsing WHERE (state = 'pending' OR state = 'approved')"), utc);
    // A start that has come is not a deadline any more: whatever keeps the grant from opening is not the clock.
    look_at(db.query("SELECT min(coalesce(start_us, 0)) FROM requests INDEXED BY requests_starting WHERE state = 'approved' AND coalesce(start_us, 0) > ?", now.utc), utc);
    look_at(db.query("SELECT min(due_us) FROM reviews WHERE state = 'due'"), utc);
    if (!nearest) return std::nullopt;
    return Deadline{Utc{std::chrono::microseconds{later(utc, *nearest)}}, BootTime{later(now.boot.count(), *nearest)}, now.boot_id};
}

std::vector<MembershipId> Store::unsettled_memberships(MembershipId after, int limit) const {
    return read_all<MembershipId>(impl_->db.query(
        "SELECT * FROM (SELECT id FROM memberships WHERE intent IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2)"
        " UNION SELECT * FROM (SELECT DISTINCT holdings.membership_id FROM grants CROSS JOIN holdings ON holdings.grant_id = grants.id"
        "  WHERE (grants.state = 'opening' OR grants.state = 'closing') AND holdings.membership_id > ?1 ORDER BY holdings.membership_id LIMIT ?2)"
        " ORDER BY 1 LIMIT ?2",
        after, limit));
}

std::vector<MembershipId> Store::held_memberships(MembershipId after, int limit) const {
    return read_all<MembershipId>(impl_->db.query(
        "SELECT DISTINCT holdings.membership_id FROM holdings CROSS JOIN grants ON grants.id = holdings.grant_id"
        " WHERE holdings.is_live = 1 AND holdings.membership_id > ? AND grants.closing_us IS NULL"
        " ORDER BY holdings.membership_id LIMIT ?",
        after, limit));
}

std::vector<MembershipId> Store::memberships_to_sweep(Utc now, MembershipId after, int limit) const {
    return read_all<MembershipId>(
        impl_->db.query("SELECT id FROM memberships INDEXED BY memberships_swept WHERE sweep_until_us IS NOT NULL AND sweep_until_us > ? AND id > ? ORDER BY id LIMIT ?", now,
                        after, limit));
}

std::vector<MembershipId> Store::removals_late_by(Seconds length, const Now& now, bool stuck, int limit) const {
    return read_all<MembershipId>(
        impl_->db.query("SELECT id FROM memberships WHERE removal_due_us IS NOT NULL"
                        " AND (removal_due_us < ?1 OR (removal_due_us > ?2 AND removal_due_us < ?3))"
                        " AND ((?4 = 1 AND is_stuck = 0) OR (?4 = 0 AND is_overdue = 0)) ORDER BY removal_due_us, id LIMIT ?5",
                        now.utc - length, now.utc, now.floor - length, stuck, limit));
}

}  // namespace stint
