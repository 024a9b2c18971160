// Sentences only; nothing here knows how they are drawn.
#include "client/cli/progress.hpp"

#include "client/cli/when.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace stint::cli {
namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view with) {
    std::string text;
    for (const auto& part : parts) text.append(text.empty() ? "" : with).append(part);
    return text;
}

std::string number(const RequestView& request) {
    const bool is_extension = request.kind == "extension" && request.extends;
    const std::string id = std::to_string(request.id.value);
    return is_extension ? "Request " + id + " (an extension of " + std::to_string(request.extends->value) + ")" : "Request " + id;
}

/// Who has to decide next; "" when nobody does.
std::string wanted_approvals(const RequestView& request) {
    const auto open = std::find_if(request.stages.begin(), request.stages.end(), [](const StageView& s) { return s.given < s.count; });
    if (open == request.stages.end()) return {};
    const int missing = open->count - open->given;
    std::string text = ", waiting for " + std::to_string(missing) + (missing == 1 ? " approval" : " approvals");
    if (request.stages.size() > 1) text += " at stage " + std::to_string(open->stage) + " of " + std::to_string(request.stages.size());
    if (!open->from.empty()) text += " by " + joined(open->from, " or ");
    return text;
}

const ApprovalView* denial_of(const RequestView& request) {
    const auto found = std::find_if(request.approvals.begin(), request.approvals.end(), [](const ApprovalView& a) { return !a.is_approval; });
    return found == request.approvals.end() ? nullptr : &*found;
}

}  // namespace

std::string person_words(const PersonView& person) {
    return person.name.empty() ? person.login : person.name + " (" + person.login + ")";
}

Progress progress_of(const RequestView& request, Utc now) {
    const std::string id = number(request);
    const std::string lapses = request.lapses_at ? "lapses in " + left_text(*request.lapses_at, now) : "";
    if (request.state == "pending") return {id + " is pending" + wanted_approvals(request), lapses};
    if (request.state == "approved" && request.is_scheduled && request.start_at)
        return {id + " is approved and opens at " + local_short(*request.start_at, now), "in " + left_text(*request.start_at, now)};
    if (request.state == "approved") return {id + " is approved and about to open", lapses};
    const std::string ends = request.expires_at ? "ends in " + left_text(*request.expires_at, now) : "";
    if (request.state == "opening") return {id + " is opening: the membership is being added", ends};
    if (request.state == "active") return {id + " is active: the membership was added and is being read back", ends};
    if (request.state == "ready") return {id + " is ready", ends};
    return {id + " is " + state_words(request), ""};
}

std::string state_words(const RequestView& request) {
    if (request.state == "approved" && request.is_scheduled) return "scheduled";
    std::string words = request.state;
    if (request.state == "closing" && request.is_stuck) words += ", stuck";
    else if (request.state == "closing" && request.is_overdue) words += ", overdue";
    if ((request.state == "closing" || request.state == "closed") && !request.close_reason.empty()) words += ": " + request.close_reason;
    if ((request.state == "refused" || request.state == "failed") && !request.refusal.empty()) words += ": " + request.refusal;
    return words;
}

std::string outcome_of(const RequestView& request, Utc now) {
    std::string text = number(request);
    if (request.kind == "extension" && request.state == "applied" && request.extends) {
        text += " is granted: request " + std::to_string(request.extends->value) + " ends " + to_text(request.duration) + " later";
    } else if (request.state == "ready") {
        text += " is ready: " + request.entitlement;
        if (request.expires_at) text += " until " + local_short(*request.expires_at, now) + " (" + left_text(*request.expires_at, now, true) + ")";
    } else if (const auto* denial = denial_of(request); request.state == "denied" && denial != nullptr) {
        text += " was denied by " + person_words(denial->approver);
        if (!denial->comment.empty()) text += ": " + denial->comment;
    } else if (request.state == "lapsed") {
        text += " lapsed: nobody answered, or it could not be opened, in time";
    } else {
        text += " is " + state_words(request);
    }
    return log::escaped(text) + ".";
}

}  // namespace stint::cli
