// One fact in the audit log. Every change of state is one or more events: records are nothing but the sum of
// theirs (apply.hpp). A body names its fields once, in `fields`; encoding, decoding and replay follow from it.
// `v.secret` marks what may stand in the log only as a commitment: names, mail, free text.
#pragma once

#include "core/effect.hpp"
#include "core/finding.hpp"
#include "core/grant.hpp"
#include "core/membership.hpp"
#include "core/request.hpp"
#include "core/review.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stint {

enum class ActorKind { person, broker };

/// Who did it, as the door attested it. `acting` is set when a demo's user played somebody else.
struct Actor {
    ActorKind kind = ActorKind::broker;
    PersonId id;
    std::string auth;     ///< "peercred", "policy", "clock", "directory"
    std::string origin;   ///< "local uid 1000", "broker"
    bool is_acted = false;
    friend bool operator==(const Actor&, const Actor&) = default;
};

/// What all events have. Which of them matter depends on the type.
struct EventHeader {
    Actor actor;
    RequestId request;    ///< 0 when it is about none
    RequestId grant;      ///< 0 when it is about none
    TicketId ticket;
    PersonId subject;
    EntitlementName entitlement;
    PolicyHash policy;
    friend bool operator==(const EventHeader&, const EventHeader&) = default;
};

// X(struct, type): the closed list of event types.
#define STINT_EVENTS(X)                              \
    X(BrokerStarted, "broker.started")               \
    X(BrokerStopped, "broker.stopped")               \
    X(PolicyLoaded, "policy.loaded")                 \
    X(ClockStepped, "clock.stepped")                 \
    X(AskRefused, "ask.refused")                     \
    X(RequestFiled, "request.filed")                 \
    X(StageOpened, "request.stage_opened")           \
    X(ApprovalGiven, "request.approval_given")       \
    X(RequestApproved, "request.approved")           \
    X(RequestDenied, "request.denied")               \
    X(RequestReminded, "request.reminded")           \
    X(RequestEscalated, "request.escalated")         \
    X(RequestCancelled, "request.cancelled")         \
    X(RequestLapsed, "request.lapsed")               \
    X(RequestRefused, "request.refused")             \
    X(GrantOpened, "grant.opened")                   \
    X(GrantActivated, "grant.activated")             \
    X(GrantReady, "grant.ready")                     \
    X(GrantExtended, "grant.extended")               \
    X(GrantWarned, "grant.warned")                   \
    X(GrantClosing, "grant.closing")                 \
    X(GrantClosed, "grant.closed")                   \
    X(MembershipOpened, "membership.opened")         \
    X(MembershipHeld, "membership.held")             \
    X(MembershipIntended, "membership.intended")     \
    X(MembershipObserved, "membership.observed")     \
    X(OperationRefused, "membership.refused")        \
    X(MembershipOverdue, "membership.overdue")       \
    X(MembershipStuck, "membership.stuck")           \
    X(ReviewOpened, "review.opened")                 \
    X(ReviewMissed, "review.overdue")                \
    X(ReviewDone, "review.done")                     \
    X(FindingSeen, "finding.seen")                   \
    X(FindingCleared, "finding.cleared")             \
    X(LogRead, "log.read")

#define STINT_NO_FIELDS \
    template <class V>  \
    void fields(V&) {}

struct BrokerStarted {
    std::string version;
    template <class V> void fields(V& v) { v("version", version); }
};
struct BrokerStopped { STINT_NO_FIELDS };
struct PolicyLoaded { STINT_NO_FIELDS };
struct ClockStepped {
    std::int64_t by_us = 0;   ///< against the boot clock, or where the log goes back against its last event; negative: set back
    template <class V> void fields(V& v) { v("by_us", by_us); }
};
/// Somebody asked for something and a rule forbade it; nothing was filed. Many in a minute become one.
struct AskRefused {
    std::string verb, code;
    std::int64_t count = 1;
    template <class V> void fields(V& v) { v("verb", verb); v("code", code); v("count", count); }
};
struct RequestFiled {
    RequestKind kind = RequestKind::request;
    Seconds duration{};
    std::optional<Utc> start_at;
    Utc lapses_at{};
    std::vector<std::string> verified, lends;  ///< groups, by the names in the policy
    std::optional<RequestId> extends;
    bool is_attached = false;
    PersonRef requester;
    std::string typed_ticket;                  ///< one that no ticket system has shown; the header has the others
    std::string reason, impact, action, affected;
    template <class V> void fields(V& v) {
        v("kind", kind); v("duration_s", duration); v("start_us", start_at); v("lapses_us", lapses_at);
        v("verified", verified); v("lends", lends); v("extends", extends); v("attached", is_attached);
        v.person("", requester); v.secret("ticket", typed_ticket);
        v.secret("reason", reason); v.secret("impact", impact); v.secret("action", action); v.secret("affected", affected);
    }
};
struct StageOpened {
    int stage = 0;
    template <class V> void fields(V& v) { v("stage", stage); }
};
struct ApprovalGiven {
    int stage = 0;
    std::optional<Seconds> shortened_to;
    PersonRef approver;
    std::string comment;
    template <class V> void fields(V& v) {
        v("stage", stage); v("shortened_to_s", shortened_to); v.person("approver_", approver); v.secret("comment", comment);
    }
};
struct RequestApproved {
    Utc lapses_at{};          ///< the grant opens until then or never
    template <class V> void fields(V& v) { v("lapses_us", lapses_at); }
};
struct RequestDenied {
    int stage = 0;
    PersonRef approver;
    std::string comment;
    template <class V> void fields(V& v) { v("stage", stage); v.person("approver_", approver); v.secret("comment", comment); }
};
struct RequestReminded { STINT_NO_FIELDS };
struct RequestEscalated { STINT_NO_FIELDS };
struct RequestCancelled {
    std::string comment;
    template <class V> void fields(V& v) { v.secret("comment", comment); }
};
struct RequestLapsed { STINT_NO_FIELDS };
struct RequestRefused {
    std::string code;
    template <class V> void fields(V& v) { v("code", code); }
};
struct GrantOpened {
    Deadline not_after;
    bool is_break_glass = false, is_attached = false;
    template <class V> void fields(V& v) { v.deadline(not_after); v("break_glass", is_break_glass); v("attached", is_attached); }
};
struct GrantActivated { STINT_NO_FIELDS };
struct GrantReady { STINT_NO_FIELDS };
/// The request in the header is the extension, the grant is the one lengthened.
struct GrantExtended {
    Deadline not_after;
    template <class V> void fields(V& v) { v.deadline(not_after); }
};
struct GrantWarned { STINT_NO_FIELDS };
struct GrantClosing {
    CloseReason reason = CloseReason::expired;
    std::string comment;
    template <class V> void fields(V& v) { v("reason", reason); v.secret("comment", comment); }
};
struct GrantClosed {
    CloseReason reason = CloseReason::expired;
    template <class V> void fields(V& v) { v("reason", reason); }
};
/// Written when no grant holds it and nothing is under way: the one moment at which the baseline is read.
struct MembershipOpened {
    MembershipId membership;
    std::string directory = "main";
    GroupRef group;
    PersonRef person;
    bool is_baseline = false;
    template <class V> void fields(V& v) {
        v("membership", membership); v("directory", directory); v("group", group.id); v("baseline", is_baseline);
        v("person", person.id); v.secret("group_name", group.name.value);
        v.secret("login", person.login.value); v.secret("name", person.name); v.secret("mail", person.mail);
    }
};
struct MembershipHeld {
    MembershipId membership;
    template <class V> void fields(V& v) { v("membership", membership); }
};
struct MembershipIntended {
    MembershipId membership;
    Operation operation = Operation::add;
    std::string acknowledged_by = {};  ///< of a removal: the server that took the addition before it, which none has shown yet
    template <class V> void fields(V& v) { v("membership", membership); v("operation", operation); v("acknowledged_by", acknowledged_by); }
};
struct MembershipObserved {
    MembershipId membership;
    bool is_present = false;
    bool is_wanted = false;       ///< whether any open grant (or the baseline) wants it, at this moment
    bool may_apply_late = false;  ///< an add of ours was never proved
    std::string server;
    template <class V> void fields(V& v) {
        v("membership", membership); v("present", is_present); v("wanted", is_wanted); v("may_apply_late", may_apply_late);
        v("server", server);
    }
};
struct OperationRefused {
    MembershipId membership;
    Operation operation = Operation::add;
    std::int64_t code = 0;        ///< the directory's own number
    bool may_apply_late = false;  ///< an earlier attempt was never answered
    std::string acknowledged_by;  ///< the server that took an earlier attempt and has not been seen to be without it since
    std::string message;
    template <class V> void fields(V& v) {
        v("membership", membership); v("operation", operation); v("code", code);
        v("may_apply_late", may_apply_late); v("acknowledged_by", acknowledged_by); v.secret("message", message);
    }
};
struct MembershipOverdue {
    MembershipId membership;
    template <class V> void fields(V& v) { v("membership", membership); }
};
struct MembershipStuck {
    MembershipId membership;
    template <class V> void fields(V& v) { v("membership", membership); }
};
struct ReviewOpened {
    Utc due_at{};
    template <class V> void fields(V& v) { v("due_us", due_at); }
};
struct ReviewMissed { STINT_NO_FIELDS };
struct ReviewDone {
    Verdict verdict = Verdict::justified;
    PersonRef reviewer;
    std::string comment, incident;
    template <class V> void fields(V& v) {
        v("verdict", verdict); v.person("reviewer_", reviewer); v.secret("comment", comment); v.secret("incident", incident);
    }
};
struct FindingSeen {
    FindingId finding;
    FindingKind kind = FindingKind::standing_member;
    GroupId group;
    GroupName group_name;
    PersonId person;
    template <class V> void fields(V& v) {
        v("finding", finding); v("kind", kind); v("group", group); v("person", person); v.secret("group_name", group_name.value);
    }
};
struct FindingCleared {
    FindingId finding;
    template <class V> void fields(V& v) { v("finding", finding); }
};
/// Reading the log is itself an event.
struct LogRead {
    std::string filter;
    std::int64_t count = 0;
    template <class V> void fields(V& v) { v("count", count); v.secret("filter", filter); }
};
#undef STINT_NO_FIELDS

using EventBody = std::variant<
#define STINT_X(name, type) name,
    STINT_EVENTS(STINT_X)
#undef STINT_X
        std::monostate>;

struct Event {
    EventHeader header;
    EventBody body;
};

inline constexpr std::array event_types{
#define STINT_X(name, type) std::string_view(type),
    STINT_EVENTS(STINT_X)
#undef STINT_X
};

/// "grant.opened"; "" for an event without a body, which is never written.
[[nodiscard]] constexpr std::string_view type_of(const Event& event) {
    return event.body.index() < event_types.size() ? event_types[event.body.index()] : std::string_view();
}

}  // namespace stint
