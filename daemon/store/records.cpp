// The Ledger's verbs in SQL: each record by its number, and the few questions that deciding and applying ask.
#include "store/impl.hpp"
#include "store/table.hpp"

namespace stint {

namespace {

template <class Record, class RecordId>
std::optional<Record> recent_record(Recent& recent, Db& db, RecordId id) {
    return recent.one<Record>(id.value, [&] { return find_record<Record>(db, id); });
}

}  // namespace

std::optional<Request> Store::request(RequestId id) const { return recent_record<Request>(impl_->recent, impl_->db, id); }
std::optional<Grant> Store::grant(RequestId id) const { return recent_record<Grant>(impl_->recent, impl_->db, id); }
std::optional<Review> Store::review(RequestId id) const { return recent_record<Review>(impl_->recent, impl_->db, id); }
std::optional<Membership> Store::membership(MembershipId id) const { return recent_record<Membership>(impl_->recent, impl_->db, id); }
std::optional<Finding> Store::finding(FindingId id) const { return find_record<Finding>(impl_->db, id); }

std::vector<Approval> Store::approvals(RequestId id) const {
    static const std::string sql = "SELECT " + column_list<Approval>() + " FROM approvals WHERE request_id = ? ORDER BY n";
    Query query = impl_->db.query(sql, id);
    std::vector<Approval> all;
    while (query.step()) {
        all.push_back(read_row<Approval>(query));
        all.back().request = id;
    }
    return all;
}

std::optional<Membership> Store::membership_of(const GroupId& group, const PersonId& person) const {
    static const std::string sql =
        "SELECT " + column_list<Membership>() + " FROM memberships WHERE group_id = ? AND person_id = ? ORDER BY directory LIMIT 1";
    Query query = impl_->db.query(sql, group, person);
    if (!query.step()) return std::nullopt;
    return read_row<Membership>(query);
}

std::vector<MembershipId> Store::held_by(RequestId grant) const {
    return read_all<MembershipId>(impl_->db.query("SELECT membership_id FROM holdings WHERE grant_id = ? ORDER BY membership_id", grant));
}

std::vector<RequestId> Store::holders(MembershipId membership) const {
    return impl_->recent.holders(membership, [&] {
        return read_all<RequestId>(
            impl_->db.query("SELECT grant_id FROM holdings WHERE membership_id = ? AND is_live = 1 ORDER BY grant_id", membership));
    });
}

std::vector<RequestId> Store::live_requests_of(const PersonId& person) const {
    return read_all<RequestId>(impl_->db.query("SELECT id FROM requests WHERE requester_id = ? AND (state = 'pending' OR state = 'approved')"
                                               " UNION SELECT id FROM grants WHERE person_id = ? AND state <> 'closed' ORDER BY 1",
                                               person, person));
}

std::vector<RequestId> Store::requests_since(const PersonId& person, Utc since) const {
    return read_all<RequestId>(impl_->db.query("SELECT requests.id FROM requests LEFT JOIN grants ON grants.id = coalesce(requests.extends, requests.id)"
                                               " WHERE requester_id = ?1 AND CASE WHEN grants.id IS NULL"
                                               "  THEN requests.ended_us IS NULL OR requests.ended_us >= ?2"
                                               "  ELSE grants.closed_us IS NULL OR grants.closed_us >= ?2 END ORDER BY requests.id",
                                               person, since));
}

bool Store::has_overdue_review(const PersonId& person) const {
    return impl_->db.query("SELECT 1 FROM reviews WHERE user_id = ? AND state = 'overdue' LIMIT 1", person).step();
}

std::optional<FindingId> Store::open_finding(FindingKind kind, const GroupId& group, const PersonId& person,
                                             std::optional<RequestId> request) const {
    Query query = impl_->db.query("SELECT min(id) FROM findings WHERE kind = ?1 AND group_id = ?2 AND person_id = ?3 AND cleared_us IS NULL"
                                  " AND (?4 IS NULL OR request_id = ?4)",
                                  to_text(kind), group, person, request);
    return query.step() ? query.get<std::optional<FindingId>>() : std::nullopt;
}

bool Store::has_stuck_removal(const GroupId& group) const {
    return impl_->db.query("SELECT 1 FROM memberships WHERE group_id = ? AND is_stuck = 1 LIMIT 1", group).step();
}

RequestId Store::next_request() const { return RequestId{impl_->db.number("SELECT max(id) FROM requests") + 1}; }
MembershipId Store::next_membership() const { return MembershipId{impl_->db.number("SELECT max(id) FROM memberships") + 1}; }
FindingId Store::next_finding() const { return FindingId{impl_->db.number("SELECT max(id) FROM findings") + 1}; }

void Store::put(const Request& request) {
    put_record(impl_->db, request);
    impl_->recent.put(request.id.value, request);
}

void Store::put(const Review& review) {
    put_record(impl_->db, review);
    impl_->recent.put(review.id.value, review);
}

void Store::put(const Membership& membership) {
    put_record(impl_->db, membership);
    impl_->recent.put(membership.id.value, membership);
}

void Store::put(const Finding& finding) { put_record(impl_->db, finding); }

void Store::put(const Approval& approval) {
    static const std::string sql = [] {
        std::string marks = "?, ?";
        for (std::size_t i = 0; i < column_names<Approval>().all.size(); ++i) marks += ", ?";
        return "INSERT INTO approvals (request_id, n, " + column_list<Approval>() + ") VALUES (" + marks + ')';
    }();
    const std::int64_t n = impl_->db.number("SELECT count(*) FROM approvals WHERE request_id = ?", approval.request);
    Query query = impl_->db.query(sql, approval.request, n);
    ColumnWriter writer(query);
    columns(writer, approval);
    query.run();
}

void Store::put(const Grant& grant) {
    const bool is_new = grant.state == GrantState::opening && !this->grant(grant.id);
    put_record(impl_->db, grant);
    impl_->recent.put(grant.id.value, grant);
    if (is_new) ++impl_->counters.grants;
    if (grant.state != GrantState::closed) return;
    impl_->recent.forget_holders();
    impl_->db.run("UPDATE holdings SET is_live = 0 WHERE grant_id = ? AND is_live = 1", grant.id);
}

void Store::hold(RequestId grant, MembershipId membership) {
    impl_->db.run("INSERT INTO holdings (grant_id, membership_id, is_live) SELECT id, ?, state <> 'closed' FROM grants WHERE id = ?"
                  " ON CONFLICT DO NOTHING",
                  membership, grant);
    impl_->recent.forget_holders(membership);
}

}  // namespace stint
