// Maps, and the few questions over them.
#include "core/memory_ledger.hpp"

#include <algorithm>

namespace stint {

namespace {

template <class Key, class Value>
std::optional<Value> look_up(const std::map<Key, Value>& map, const Key& key) {
    const auto found = map.find(key);
    if (found == map.end()) return std::nullopt;
    return found->second;
}

template <class Key, class Value>
Key after_last(const std::map<Key, Value>& map) {
    return map.empty() ? Key{1} : Key{map.rbegin()->first.value + 1};
}

}  // namespace

std::optional<Request> MemoryLedger::request(RequestId id) const { return look_up(requests_, id); }
std::vector<Approval> MemoryLedger::approvals(RequestId id) const { return look_up(approvals_, id).value_or(std::vector<Approval>{}); }
std::optional<Grant> MemoryLedger::grant(RequestId id) const { return look_up(grants_, id); }
std::optional<Review> MemoryLedger::review(RequestId id) const { return look_up(reviews_, id); }
std::optional<Membership> MemoryLedger::membership(MembershipId id) const { return look_up(memberships_, id); }
std::optional<Finding> MemoryLedger::finding(FindingId id) const { return look_up(findings_, id); }
std::vector<MembershipId> MemoryLedger::held_by(RequestId grant) const { return look_up(held_, grant).value_or(std::vector<MembershipId>{}); }

std::optional<Membership> MemoryLedger::membership_of(const GroupId& group, const PersonId& person) const {
    const auto id = look_up(by_pair_, {group, person});
    return id ? membership(*id) : std::nullopt;
}

std::vector<RequestId> MemoryLedger::holders(MembershipId membership) const {
    std::vector<RequestId> live;
    for (const RequestId id : look_up(holders_, membership).value_or(std::vector<RequestId>{})) {
        if (grants_.at(id).state != GrantState::closed) live.push_back(id);
    }
    return live;
}

std::vector<RequestId> MemoryLedger::live_requests_of(const PersonId& person) const {
    std::vector<RequestId> live;
    for (const auto& [id, request] : requests_) {
        if (request.requester.id != person) continue;
        const auto grant = grants_.find(id);
        if (!has_ended(request.state) || (grant != grants_.end() && grant->second.state != GrantState::closed)) live.push_back(id);
    }
    return live;
}

std::vector<RequestId> MemoryLedger::requests_since(const PersonId& person, Utc since) const {
    std::vector<RequestId> found;
    for (const auto& [id, request] : requests_) {
        if (request.requester.id != person) continue;
        const auto grant = grants_.find(request.extends.value_or(id));
        const auto end = grant != grants_.end() ? grant->second.closed_at : request.ended_at;
        if (!end || *end >= since) found.push_back(id);
    }
    return found;
}

bool MemoryLedger::has_overdue_review(const PersonId& person) const {
    return std::any_of(reviews_.begin(), reviews_.end(), [&](const auto& entry) {
        return entry.second.user == person && entry.second.state == ReviewState::overdue;
    });
}

std::optional<FindingId> MemoryLedger::open_finding(FindingKind kind, const GroupId& group, const PersonId& person,
                                                    std::optional<RequestId> request) const {
    for (const auto& [id, finding] : findings_) {
        if (finding.cleared_at || finding.kind != kind || finding.group != group || finding.person != person) continue;
        if (!request || finding.request == request) return id;
    }
    return std::nullopt;
}

bool MemoryLedger::has_stuck_removal(const GroupId& group) const {
    return std::any_of(memberships_.begin(), memberships_.end(), [&](const auto& entry) {
        return entry.second.group.id == group && entry.second.is_stuck;
    });
}

RequestId MemoryLedger::next_request() const { return after_last(requests_); }
MembershipId MemoryLedger::next_membership() const { return after_last(memberships_); }
FindingId MemoryLedger::next_finding() const { return after_last(findings_); }

void MemoryLedger::put(const Membership& membership) {
    by_pair_[{membership.group.id, membership.person.id}] = membership.id;
    memberships_[membership.id] = membership;
}

void MemoryLedger::hold(RequestId grant, MembershipId membership) {
    held_[grant].push_back(membership);
    holders_[membership].push_back(grant);
}

}  // namespace stint
