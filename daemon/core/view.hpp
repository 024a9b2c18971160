// What a person is shown: plain values, filled by app/views, written and read by wire/, drawn by the client.
#pragma once

#include "core/entitlement.hpp"
#include "core/id.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stint {

struct PersonView {
    std::string login;
    std::string name;
};

struct EntitlementView {
    std::string name, title, risk, access;
    std::vector<std::string> groups;
    Seconds standard{}, max{};                     ///< duration's default and limit
    bool is_ticket_required = false;
    std::vector<std::string> verification;
    int approvals = 0;                             ///< how many people have to agree, over all stages
    bool may_request = false, may_break_glass = false;
    std::optional<Seconds> break_glass_max;
};

struct WhoamiView {
    PersonView person;
    std::string id;                                ///< the directory's immutable id
    std::vector<std::string> roles;                ///< "auditor", "security"
    std::vector<std::string> groups;               ///< names, as the directory tells them
    std::optional<PersonView> acting;              ///< demo only: who is really typing
};

struct ApprovalView {
    int stage = 1;                                 ///< from 1
    PersonView approver;
    bool is_approval = true;                       ///< false: a denial
    Utc at{};
    std::string comment;
    std::optional<Seconds> shortened_to;
};

struct StageView {
    int stage = 1;                                 ///< from 1
    int count = 1, given = 0;
    std::vector<std::string> from;                 ///< group names
    bool is_escalated = false;
    std::optional<int> able;                       ///< dry run only: how many others may give it now; absent when not counted
};

struct MembershipView {
    std::string group;                             ///< the group's name
    std::string server;                            ///< the server that last proved the state, "" before any
    std::optional<Utc> intended_at, added_at, ready_at, removal_intended_at, removed_at;
    std::string last_error;                        ///< the directory's last answer when it was not a success
    bool is_present = false;                       ///< as last read back
    int attempts = 0;                              ///< of the operation under way
};

struct ReviewView {
    std::string state;                             ///< due, overdue, justified, unjustified
    Utc due_at{};
    std::optional<PersonView> reviewer;
    std::optional<Utc> done_at;
    std::string comment, incident;
    std::vector<std::string> reviewers;            ///< group names
};

struct RuleView {
    std::string rule;                              ///< core/filing: its name
    std::string text;                              ///< what it was held against
};

struct TicketView {
    std::string sight;                             ///< not_asked, seen, unknown, unreachable
    std::string state, assignee;                   ///< as the ticket system told them; "" unless seen
};

/// What a dry run has learned besides the request it would file.
struct PreviewView {
    Utc ends_at{};                                 ///< when it would end if it opened at once, or at its start
    TicketView ticket;
    std::vector<RuleView> rules;                   ///< all kept: a broken one is a refusal
};

struct RequestView {
    RequestId id;
    std::string kind;                              ///< request, break_glass, extension
    std::string state;                             ///< contract: states a user sees
    bool is_scheduled = false;                     ///< approved, with a start in the future
    bool is_stuck = false;                         ///< its removal is overdue by more than 300 s
    bool is_overdue = false;                       ///< its removal is overdue by more than 60 s
    std::string entitlement, title, risk;
    PersonView requester;
    std::string ticket, reason, impact, action, affected;
    std::vector<std::string> verified;
    Seconds duration{};                            ///< as it stands, after any shortening
    std::optional<Utc> start_at;
    Utc created_at{};
    std::optional<Utc> lapses_at;                  ///< while pending or approved
    std::optional<Utc> approved_at, opened_at, active_at, ready_at, expires_at, closing_at, closed_at, ended_at;
    std::string close_reason;                      ///< contract: why closed; "" while open
    std::string refusal;                           ///< why refused or failed: a refusal's code
    std::optional<RequestId> extends;              ///< an extension's grant
    std::vector<StageView> stages;
    std::vector<ApprovalView> approvals;
    std::vector<MembershipView> memberships;
    std::optional<ReviewView> review;
    std::string policy_hash;
    std::optional<PreviewView> preview;            ///< in the answer to a dry run
    std::vector<std::string> may;                  ///< what the caller may do with it now: approve deny cancel extend release revoke review
};

struct FindingView {
    FindingId id;
    std::string kind;
    Utc seen_at{};
    std::optional<Utc> cleared_at;
    std::optional<RequestId> request;
    std::string group;
    std::optional<PersonView> person;
    std::string text;
};

/// One event of the log. `entry` is the exact line that is hashed; `disclosed` what the caller may read of
/// the fields that stand in it as commitments only.
struct EventView {
    EventSeq seq;
    Utc at{};
    std::string type;
    std::optional<RequestId> request;
    std::optional<PersonView> actor;
    std::string entitlement, ticket, entry;
    std::vector<std::pair<std::string, std::string>> disclosed;
};

}  // namespace stint
