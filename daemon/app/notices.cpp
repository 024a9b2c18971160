// One switch from what happened to what is said. Subjects name the entitlement and the number, never a patient, and
// never what the requester wrote.
#include "app/notices.hpp"

#include "core/closing.hpp"

namespace stint {

namespace {

struct Words {
    std::string subject;
    std::string first;
    std::vector<std::string> commands;
};

Words words_for(NoticeKind kind, const Request& request, const std::string& who, const std::string& what) {
    const std::string id = std::to_string(request.id.value);
    const std::string of = " (request " + id + ")";
    const std::string show = "stint show " + id;
    switch (kind) {
    case NoticeKind::approval_wanted:
        return {"Approval wanted: " + what + " for " + who + of, who + " asks for " + what + ". Your decision is wanted.",
                {show, "stint approve " + id, "stint deny " + id + " -r COMMENT"}};
    case NoticeKind::approval_reminder:
        return {"Still waiting: " + what + " for " + who + of, who + " is still waiting for a decision on " + what + ".",
                {show, "stint approve " + id, "stint deny " + id + " -r COMMENT"}};
    case NoticeKind::approved: return {"Approved: " + what + of, "Your request for " + what + " was approved.", {show}};
    case NoticeKind::denied: return {"Denied: " + what + of, "Your request for " + what + " was denied.", {show}};
    case NoticeKind::lapsed: return {"Lapsed: " + what + of, "Your request for " + what + " got no answer in time and has lapsed.", {show}};
    case NoticeKind::refused: return {"Not opened: " + what + of, "Your request for " + what + " ended without a grant.", {show}};
    case NoticeKind::ready:
        return {"Ready: " + what + of, "You hold " + what + " now; the directory was read back to be sure.", {show, "stint release " + id}};
    case NoticeKind::expires_soon:
        return {"Ends in 5 minutes: " + what + of, "Your grant of " + what + " ends in five minutes.",
                {"stint extend " + id + " -d DURATION -r REASON", "stint release " + id}};
    case NoticeKind::closed: return {"Ended: " + what + of, "Your grant of " + what + " has ended; the directory was read back to be sure.", {show}};
    case NoticeKind::break_glass:
        return {"BREAK-GLASS: " + who + " took " + what + of, who + " took " + what + " in an emergency, without approval. A review is due.", {show}};
    case NoticeKind::review_due:
        return {"Review due: break-glass on " + what + of, "The break-glass of " + who + " on " + what + " waits for your review.",
                {show, "stint review " + id + " --verdict justified|unjustified -r COMMENT"}};
    case NoticeKind::review_overdue:
        return {"OVERDUE review: break-glass on " + what + of, "The break-glass of " + who + " on " + what + " was not reviewed in time.",
                {show, "stint review " + id + " --verdict justified|unjustified -r COMMENT"}};
    case NoticeKind::review_done: return {"Reviewed: break-glass on " + what + of, "The break-glass of " + who + " on " + what + " was reviewed.", {show}};
    case NoticeKind::stuck:
        return {"ALARM: removal overdue: " + what + of, "The membership lent to " + who + " for " + what +
                    " should have been gone for over five minutes and is not proven to be. The broker goes on trying.",
                {show, "stint list --findings"}};
    case NoticeKind::finding: break;  // in words of its own: it need not be about a request
    }
    return {};
}

/// Who asked to be lent what they have already may be in no membership of ours.
std::string whom(const Finding& finding, const Store& store) {
    if (finding.person.empty()) return {};
    if (const auto membership = store.membership_of(finding.group, finding.person)) return membership->person.login.value;
    const auto known = store.remembered_person(finding.person);
    return known ? known->login.value : finding.person.value;
}

std::optional<Notice> compose_finding(const NotifyPeople& effect, const Store& store, Utc now) {
    const auto finding = store.finding(effect.finding);
    if (!finding) return std::nullopt;
    Notice notice;
    notice.kind = std::string(to_text(effect.kind));
    notice.request = effect.request;
    notice.subject = "Finding " + std::to_string(finding->id.value) + ": " + std::string(to_text(finding->kind));
    if (effect.request.value > 0) notice.subject += " (request " + std::to_string(effect.request.value) + ")";
    notice.lines.emplace_back("The broker saw something it cannot approve of.");
    notice.lines.emplace_back(describe(finding->kind));
    if (!finding->group_name.empty()) notice.lines.push_back("Group: " + finding->group_name.value);
    if (const std::string who = whom(*finding, store); !who.empty()) notice.lines.push_back("Who: " + who);
    notice.lines.push_back("Seen: " + to_rfc3339(finding->seen_at));
    notice.commands.emplace_back("stint list --findings");
    if (effect.request.value > 0) notice.commands.push_back("stint show " + std::to_string(effect.request.value));
    notice.sent_at = now;
    return notice;
}

}  // namespace

std::optional<Notice> compose(const NotifyPeople& effect, const Store& store, Utc now) {
    if (effect.kind == NoticeKind::finding) return compose_finding(effect, store, now);
    const auto request = store.request(effect.request);
    if (!request) return std::nullopt;
    const std::string who = request->requester.name.empty() ? request->requester.login.value : request->requester.name;
    Words words = words_for(effect.kind, *request, who, request->entitlement.value);
    if (effect.kind == NoticeKind::closed) {
        const GoesOn goes_on = what_goes_on(store, effect.request);
        const std::string ended = "Your grant of " + request->entitlement.value + " has ended; ";
        if (goes_on == GoesOn::all) words.first = ended + "another of yours goes on and holds the membership.";
        if (goes_on == GoesOn::some) words.first = ended + "the directory was read back to be sure, but for what another of yours goes on to hold.";
    }
    const auto closed = effect.kind == NoticeKind::closed ? store.grant(effect.request) : std::nullopt;
    if (closed && closed->reason == CloseReason::failed) {
        words.first = request->entitlement.value + " could not be lent to you; the directory was read back to be sure.";
    }
    Notice notice;
    notice.kind = std::string(to_text(effect.kind));
    notice.request = effect.request;
    notice.subject = std::move(words.subject);
    notice.lines.push_back(std::move(words.first));
    if (const TicketId ticket = seen_ticket(*request); !ticket.empty()) notice.lines.push_back("Ticket: " + ticket.value);
    notice.lines.push_back("Duration: " + to_text(request->duration));
    if (const auto grant = store.grant(effect.request)) {
        notice.lines.push_back((is_open(grant->state) ? "Ends: " : "Ended: ") + to_rfc3339(grant->closed_at.value_or(grant->not_after.utc)));
        if (grant->reason) notice.lines.push_back("Why: " + std::string(to_text(*grant->reason)));
    } else if (!has_ended(request->state)) {
        notice.lines.push_back("Lapses: " + to_rfc3339(request->lapses_at));
    }
    if (!request->refusal.empty()) notice.lines.push_back("Rule: " + request->refusal);
    if (const auto review = store.review(effect.request)) notice.lines.push_back("Review due: " + to_rfc3339(review->due_at));
    notice.commands = std::move(words.commands);
    notice.sent_at = now;
    return notice;
}

}  // namespace stint
