// The records in memory: for replaying the log, and for tests. The same answers as the store gives.
#pragma once

#include "core/ledger.hpp"

#include <map>
#include <tuple>
#include <utility>

namespace stint {

class MemoryLedger final : public Ledger {
public:
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
    void put(const Request& request) override { requests_[request.id] = request; }
    void put(const Approval& approval) override { approvals_[approval.request].push_back(approval); }
    void put(const Grant& grant) override { grants_[grant.id] = grant; }
    void put(const Review& review) override { reviews_[review.id] = review; }
    void put(const Membership& membership) override;
    void put(const Finding& finding) override { findings_[finding.id] = finding; }
    void hold(RequestId grant, MembershipId membership) override;

    [[nodiscard]] const std::map<RequestId, Request>& requests() const { return requests_; }
    [[nodiscard]] const std::map<RequestId, std::vector<Approval>>& all_approvals() const { return approvals_; }
    [[nodiscard]] const std::map<RequestId, Grant>& grants() const { return grants_; }
    [[nodiscard]] const std::map<RequestId, Review>& reviews() const { return reviews_; }
    [[nodiscard]] const std::map<MembershipId, Membership>& memberships() const { return memberships_; }
    [[nodiscard]] const std::map<FindingId, Finding>& findings() const { return findings_; }
    [[nodiscard]] const std::map<RequestId, std::vector<MembershipId>>& holdings() const { return held_; }


private:

    std::map<RequestId, Request> requests_;
    std::map<RequestId, std::vector<Approval>> approvals_;
    std::map<RequestId, Grant> grants_;
    std::map<RequestId, Review> reviews_;
    std::map<MembershipId, Membership> memberships_;
    std::map<std::pair<GroupId, PersonId>, MembershipId> by_pair_;
    std::map<FindingId, Finding> findings_;
    std::map<RequestId, std::vector<MembershipId>> held_;
    std::map<MembershipId, std::vector<RequestId>> holders_;

    [[nodiscard]] auto all() const { return std::tie(requests_, approvals_, grants_, reviews_, memberships_, findings_, held_); }

public:
    friend bool operator==(const MemoryLedger& left, const MemoryLedger& right) { return left.all() == right.all(); }
};

}  // namespace stint
