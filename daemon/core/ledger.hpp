// The records, as decide reads them and apply writes them. The store implements it in SQLite, replay and tests in
// memory. Nobody else writes records.
#pragma once

#include "core/finding.hpp"
#include "core/grant.hpp"
#include "core/membership.hpp"
#include "core/request.hpp"
#include "core/review.hpp"

#include <optional>
#include <vector>

namespace stint {

class Ledger {
public:
    virtual ~Ledger() = default;

    [[nodiscard]] virtual std::optional<Request> request(RequestId id) const = 0;
    [[nodiscard]] virtual std::vector<Approval> approvals(RequestId id) const = 0;
    [[nodiscard]] virtual std::optional<Grant> grant(RequestId id) const = 0;
    [[nodiscard]] virtual std::optional<Review> review(RequestId id) const = 0;
    [[nodiscard]] virtual std::optional<Membership> membership(MembershipId id) const = 0;
    [[nodiscard]] virtual std::optional<Membership> membership_of(const GroupId& group, const PersonId& person) const = 0;
    [[nodiscard]] virtual std::optional<Finding> finding(FindingId id) const = 0;

    /// The memberships a grant holds, or held.
    [[nodiscard]] virtual std::vector<MembershipId> held_by(RequestId grant) const = 0;
    /// The grants that are not closed and hold this membership.
    [[nodiscard]] virtual std::vector<RequestId> holders(MembershipId membership) const = 0;
    /// Requests of this person that are pending or approved, and those whose grant is not closed.
    [[nodiscard]] virtual std::vector<RequestId> live_requests_of(const PersonId& person) const = 0;
    /// Requests of this person that were still live at that time or were filed later; an extension lives as its grant does.
    [[nodiscard]] virtual std::vector<RequestId> requests_since(const PersonId& person, Utc since) const = 0;
    [[nodiscard]] virtual bool has_overdue_review(const PersonId& person) const = 0;
    /// An open finding of this kind about this group and person, or this request when both are empty.
    [[nodiscard]] virtual std::optional<FindingId> open_finding(FindingKind kind, const GroupId& group, const PersonId& person,
                                                                std::optional<RequestId> request) const = 0;

    /// Is somebody's removal from this group overdue by so much that it is an alarm?
    [[nodiscard]] virtual bool has_stuck_removal(const GroupId& group) const = 0;

    [[nodiscard]] virtual RequestId next_request() const = 0;
    [[nodiscard]] virtual MembershipId next_membership() const = 0;
    [[nodiscard]] virtual FindingId next_finding() const = 0;

    virtual void put(const Request& request) = 0;
    virtual void put(const Approval& approval) = 0;
    virtual void put(const Grant& grant) = 0;
    virtual void put(const Review& review) = 0;
    virtual void put(const Membership& membership) = 0;
    virtual void put(const Finding& finding) = 0;
    virtual void hold(RequestId grant, MembershipId membership) = 0;
};

}  // namespace stint
