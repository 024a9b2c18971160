// What people read: lists, newest first, a page at a time, and the figures of the health page.
#include "store/impl.hpp"
#include "store/table.hpp"

#include <limits>

namespace stint {
namespace {

RequestId or_all(std::optional<RequestId> before) { return before.value_or(RequestId{std::numeric_limits<std::int64_t>::max()}); }

}  // namespace

std::vector<RequestId> Store::requests_of(const PersonId& person, std::optional<RequestId> before, int limit) const {
    return read_all<RequestId>(
        impl_->db.query("SELECT id FROM requests WHERE requester_id = ? AND id < ? ORDER BY id DESC LIMIT ?", person, or_all(before), limit));
}

std::vector<RequestId> Store::all_requests(std::optional<RequestId> before, int limit) const {
    return read_all<RequestId>(impl_->db.query("SELECT id FROM requests WHERE id < ? ORDER BY id DESC LIMIT ?", or_all(before), limit));
}

std::vector<RequestId> Store::live_requests(std::optional<RequestId> before, int limit) const {
    return read_all<RequestId>(impl_->db.query(
        "SELECT * FROM (SELECT id FROM requests WHERE (state = 'pending' OR state = 'approved') AND id < ?1 ORDER BY id DESC LIMIT ?2)"
        " UNION SELECT * FROM (SELECT id FROM grants WHERE closing_us IS NULL AND id < ?1 ORDER BY id DESC LIMIT ?2)"
        " UNION SELECT * FROM (SELECT id FROM grants WHERE (state = 'opening' OR state = 'closing') AND id < ?1 ORDER BY id DESC LIMIT ?2)"
        " ORDER BY 1 DESC LIMIT ?2",
        or_all(before), limit));
}

std::vector<RequestId> Store::reviews_waiting(std::optional<RequestId> before, int limit) const {
    return read_all<RequestId>(
        impl_->db.query("SELECT id FROM reviews WHERE state <> 'done' AND id < ? ORDER BY id DESC LIMIT ?", or_all(before), limit));
}

std::vector<Finding> Store::open_findings(int limit) const {
    static const std::string sql = "SELECT " + column_list<Finding>() +
                                   " FROM findings INDEXED BY findings_open WHERE cleared_us IS NULL ORDER BY id DESC LIMIT ?";
    Query query = impl_->db.query(sql, limit);
    std::vector<Finding> all;
    while (query.step()) all.push_back(read_row<Finding>(query));
    return all;
}

std::vector<std::pair<EventSeq, RequestId>> Store::events_after(EventSeq after, RequestId request, int limit) const {
    std::vector<std::pair<EventSeq, RequestId>> all;
    if (request.value != 0) {
        Query query = impl_->db.query(
            "SELECT * FROM (SELECT seq FROM events WHERE request_id = ?2 AND seq > ?1 ORDER BY seq LIMIT ?3)"
            " UNION ALL SELECT * FROM (SELECT seq FROM events WHERE grant_id = ?2 AND grant_id IS NOT NULL AND grant_id IS NOT request_id"
            "  AND seq > ?1 ORDER BY seq LIMIT ?3) ORDER BY 1 LIMIT ?3",
            after, request, limit);
        while (query.step()) all.emplace_back(query.get<EventSeq>(), request);
        return all;
    }
    Query query = impl_->db.query("SELECT seq, request_id, grant_id FROM events WHERE seq > ? AND (+request_id IS NOT NULL OR +grant_id IS NOT NULL)"
                                  " ORDER BY seq LIMIT ?",
                                  after, limit);
    while (query.step()) {
        const auto seq = query.get<EventSeq>();
        const auto about = query.get<std::optional<RequestId>>();
        const auto grant = query.get<std::optional<RequestId>>();
        if (about) all.emplace_back(seq, *about);
        // An extension's event is about the grant that it lengthens, too.
        if (grant && grant != about) all.emplace_back(seq, *grant);
    }
    return all;
}

Store::Counts Store::counts() const {
    Db& db = impl_->db;
    Counts counts;
    counts.open_grants = db.number("SELECT count(*) FROM grants WHERE closing_us IS NULL");
    counts.closing_grants = db.number("SELECT count(*) FROM grants WHERE (state = 'opening' OR state = 'closing') AND state = 'closing'");
    counts.pending = db.number("SELECT count(*) FROM requests WHERE (state = 'pending' OR state = 'approved') AND state = 'pending'");
    counts.overdue = db.number("SELECT count(*) FROM memberships WHERE is_overdue = 1");
    counts.stuck = db.number("SELECT count(*) FROM memberships WHERE is_stuck = 1");
    counts.findings = db.number("SELECT count(*) FROM findings WHERE cleared_us IS NULL");
    counts.grants_total = impl_->counters.grants;
    counts.closed_total = counts.grants_total - counts.open_grants - counts.closing_grants;
    return counts;
}

}  // namespace stint
