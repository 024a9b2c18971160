// Release, revoke, expire: all come to the same beginning of the end.
#include "core/closing.hpp"

#include "core/filing.hpp"

#include <algorithm>

namespace stint {

namespace {

bool is_held_by_another(const Ledger& ledger, MembershipId membership, RequestId grant) {
    const auto holders = ledger.holders(membership);
    return std::any_of(holders.begin(), holders.end(), [&](RequestId holder) {
        const auto other = ledger.grant(holder);
        return holder != grant && other && is_open(other->state);
    });
}

}  // namespace

EventHeader header_of(const Ledger& ledger, const Grant& grant, const Actor& actor) {
    EventHeader header;
    header.actor = actor;
    header.request = grant.id;
    header.grant = grant.id;
    header.subject = grant.person.id;
    header.entitlement = grant.entitlement;
    if (const auto request = ledger.request(grant.id)) {
        header.ticket = seen_ticket(*request);
        header.policy = request->policy;
    }
    return header;
}

GoesOn what_goes_on(const Ledger& ledger, RequestId grant) {
    const auto held = ledger.held_by(grant);
    const auto shared = std::count_if(held.begin(), held.end(), [&](MembershipId id) { return is_held_by_another(ledger, id, grant); });
    if (shared == 0) return GoesOn::nothing;
    return shared == std::ssize(held) ? GoesOn::all : GoesOn::some;
}

void tell_closed(const Ledger& ledger, Transition& transition, const Grant& grant, CloseReason reason) {
    transition.effects.push_back(NotifyPeople{NoticeKind::closed, grant.id, {}, {grant.person}, {}});
    if (grant.ticket.empty()) return;
    const std::string why = " (" + std::string(to_text(reason)) + ")";
    std::string what = "membership removed and read back" + why;
    const GoesOn goes_on = what_goes_on(ledger, grant.id);
    if (reason == CloseReason::failed) what = "could not be lent; the directory was read back to be sure";
    else if (goes_on == GoesOn::all) what = "ended" + why + "; another request goes on and holds the membership";
    else if (goes_on == GoesOn::some) what = "ended" + why + "; membership removed and read back, but for what another request goes on to hold";
    transition.effects.push_back(NoteTicket{grant.ticket, grant.id, "stint request " + std::to_string(grant.id.value) + ": " + what});
}

Transition begin_closing(const Ledger& ledger, const Grant& grant, CloseReason reason, const Actor& actor, const std::string& comment) {
    Transition transition;
    if (!is_open(grant.state)) return transition;
    const EventHeader header = header_of(ledger, grant, actor);
    transition.add(header, GrantClosing{reason, comment});
    EventHeader by_directory = header;
    by_directory.actor = broker_actor("directory");
    bool is_covered = true;
    for (const MembershipId id : ledger.held_by(grant.id)) {
        if (is_held_by_another(ledger, id, grant.id)) continue;
        const auto membership = ledger.membership(id);
        if (!membership || membership->is_baseline) continue;
        is_covered = false;
        if (!membership->intent && membership->known == Presence::present) {
            transition.add(by_directory, MembershipIntended{id, Operation::remove});
        }
    }
    if (is_covered) {
        transition.add(by_directory, GrantClosed{reason});
        tell_closed(ledger, transition, grant, reason);
    }
    return transition;
}

Result<Transition> release(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id, const Release& command) {
    const auto request = ledger.request(id);
    if (!request || !may_see(*request, policy.find(request->entitlement), policy.roles, facts.person, facts.groups)) {
        return Refusal{RefusalCode::request_unknown, {}};
    }
    if (request->requester.id != facts.person.ref.id) return Refusal{RefusalCode::not_permitted, {}};
    const auto grant = ledger.grant(id);
    if (!grant || !is_open(grant->state)) {
        return Refusal{RefusalCode::grant_not_open, has_ended(request->state) ? "" : "it has not opened yet: `stint cancel` takes it back"};
    }
    return begin_closing(ledger, *grant, CloseReason::released, facts.actor, command.resolution);
}

Result<Transition> revoke(const Ledger& ledger, const Policy& policy, const DeciderFacts& facts, RequestId id, const Revoke& command) {
    const auto request = ledger.request(id);
    const Entitlement* entitlement = request ? policy.find(request->entitlement) : nullptr;
    if (!request || !may_see(*request, entitlement, policy.roles, facts.person, facts.groups)) {
        return Refusal{RefusalCode::request_unknown, {}};
    }
    if (!may_revoke(entitlement, policy.roles, facts.person, facts.groups)) return Refusal{RefusalCode::not_permitted, {}};
    if (command.reason.find_first_not_of(' ') == std::string::npos) return Refusal{RefusalCode::reason_required, {}};
    const auto grant = ledger.grant(id);
    if (!grant || !is_open(grant->state)) {
        return Refusal{RefusalCode::grant_not_open, has_ended(request->state) ? "" : "it waits for a decision: `stint deny` gives one"};
    }
    return begin_closing(ledger, *grant, CloseReason::revoked, facts.actor, command.reason);
}

}  // namespace stint
