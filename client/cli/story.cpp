// Lines of "label  text", sections with a heading each; only what is known is told.
#include "client/cli/story.hpp"

#include "client/cli/progress.hpp"
#include "client/cli/when.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <string_view>

namespace stint::cli {
namespace {

constexpr std::size_t label_width = 14;

class Story {
public:
    explicit Story(Utc now) : now_(now) {}

    void heading(std::string_view text) {
        if (!text_.empty()) text_ += '\n';
        text_.append(log::escaped(text)).append("\n");
    }
    void line(std::string_view label, const std::string& value) {
        if (value.empty()) return;
        std::string left = "  " + log::escaped(label);
        left.resize(std::max(left.size() + 2, label_width + 2), ' ');
        text_.append(left).append(log::escaped(value)).append("\n");
    }
    void time(std::string_view label, const std::optional<Utc>& at, const std::string& after = "") {
        if (at) line(label, local_text(*at) + after);
    }
    [[nodiscard]] std::string left(const std::optional<Utc>& at) const {
        return at && *at > now_ ? ", in " + left_text(*at, now_, true) : "";
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    Utc now_;
    std::string text_;
};

std::string joined(const std::vector<std::string>& parts, std::string_view with) {
    std::string text;
    for (const auto& part : parts) text.append(text.empty() ? "" : with).append(part);
    return text;
}

void tell_ask(Story& story, const RequestView& request) {
    std::string what = request.entitlement;
    if (!request.title.empty()) what += ": " + request.title;
    story.line("Entitlement", request.risk.empty() ? what : what + " (" + request.risk + " risk)");
    story.line("Requester", person_words(request.requester));
    story.line("Ticket", request.ticket.empty() ? "none" : request.ticket);
    story.line("Reason", request.reason);
    story.line("Impact", request.impact);
    story.line("Action", request.action);
    story.line("Affected", request.affected);
    story.line("Verified by", joined(request.verified, ", "));
    story.line("Duration", to_text(request.duration));
    if (request.extends) story.line("Extends", "request " + std::to_string(request.extends->value));
    const bool is_filed = request.id.value > 0;
    if (is_filed) story.time("Filed", request.created_at);
    story.time("Start", request.start_at, story.left(request.start_at));
    if (request.state == "pending" || request.state == "approved") story.time("Lapses", request.lapses_at, story.left(request.lapses_at));
    if (is_filed) story.time("Approved", request.approved_at);
    story.time("Ended", request.ended_at);
    story.line("Refused for", request.refusal);
}

void tell_approvals(Story& story, const RequestView& request) {
    if (request.stages.empty() && request.approvals.empty()) return;
    story.heading("Approvals");
    const auto tell_given = [&](int stage) {
        for (const auto& given : request.approvals) {
            if (given.stage != stage) continue;
            std::string text = local_text(given.at) + "  " + person_words(given.approver) + (given.is_approval ? " approved" : " denied");
            if (given.shortened_to) text += ", shortened to " + to_text(*given.shortened_to);
            if (!given.comment.empty()) text += ": " + given.comment;
            story.line("", text);
        }
    };
    for (const auto& stage : request.stages) {
        std::string text = std::to_string(stage.given) + " of " + std::to_string(stage.count);
        if (!stage.from.empty()) text += " from " + joined(stage.from, " or ");
        if (stage.is_escalated) text += ", escalated";
        story.line("Stage " + std::to_string(stage.stage), text);
        tell_given(stage.stage);
    }
    if (request.stages.empty()) {
        for (const auto& given : request.approvals) tell_given(given.stage);
    }
}

void tell_grant(Story& story, const RequestView& request) {
    if (!request.opened_at) return;
    story.heading("Grant");
    story.time("Opened", request.opened_at);
    story.time("Active", request.active_at);
    story.time("Ready", request.ready_at);
    const bool is_over = request.closing_at || request.closed_at;
    story.time("Expires", request.expires_at, is_over ? "" : story.left(request.expires_at));
    story.time("Closing", request.closing_at, request.close_reason.empty() ? "" : ", " + request.close_reason);
    story.time("Closed", request.closed_at, " (read back as absent)");
    if (request.is_stuck) story.line("STUCK", "the removal is overdue by more than five minutes; it is retried until it succeeds");
    else if (request.is_overdue) story.line("OVERDUE", "the removal is late; it is retried until it succeeds");
}

void tell_memberships(Story& story, const RequestView& request) {
    for (const auto& membership : request.memberships) {
        story.heading("Membership of " + membership.group);
        const std::string where = membership.server.empty() ? "" : " on " + membership.server;
        story.time("Intended", membership.intended_at);
        story.time("Added", membership.added_at, membership.removed_at ? "" : where);
        story.time("Ready", membership.ready_at);
        story.time("To be removed", membership.removal_intended_at);
        story.time("Removed", membership.removed_at, where);
        story.line("Now", membership.is_present ? "a member, as last read back" : "no member, as last read back");
        if (membership.attempts > 1) story.line("Attempts", std::to_string(membership.attempts));
        story.line("Last answer", membership.last_error);
    }
}

void tell_review(Story& story, const RequestView& request) {
    if (!request.review) return;
    const ReviewView& review = *request.review;
    story.heading("Review");
    story.line("State", review.state);
    story.time("Due", review.due_at, review.done_at ? "" : story.left(review.due_at));
    if (!review.done_at) story.line("Reviewers", joined(review.reviewers, " or "));
    if (review.reviewer) story.line("Reviewer", person_words(*review.reviewer));
    story.time("Done", review.done_at);
    story.line("Comment", review.comment);
    story.line("Incident", review.incident);
}

void tell_forecast(Story& story, const StageView& stage) {
    std::string text = std::to_string(stage.count) + " of " + joined(stage.from, " or ");
    if (stage.able) text += ", where " + std::to_string(*stage.able) + (*stage.able == 1 ? " person beside you may" : " people beside you may");
    story.line("Stage " + std::to_string(stage.stage), text);
    if (stage.able && *stage.able < stage.count) story.line("", "NOT ENOUGH: it would wait until it lapses");
}

}  // namespace

std::string forecast_of(const RequestView& request, Utc now) {
    Story story(now);
    story.heading("It would be filed: " + request.entitlement + " for " + to_text(request.duration) + ". Nothing was filed.");
    tell_ask(story, request);
    if (request.preview) {
        const std::string from = request.start_at && *request.start_at > now ? ", from its start on" : ", if it opened now";
        story.line("Would end", local_text(request.preview->ends_at) + from);
        if (!request.preview->rules.empty()) story.heading("Rules, all kept");
        for (const auto& rule : request.preview->rules) {
            std::string name = rule.rule;
            std::replace(name.begin(), name.end(), '_', ' ');
            story.line(name, rule.text);
        }
    }
    story.heading("Who would be asked");
    const std::string when = request.is_scheduled ? "at its start" : "at once";
    if (request.stages.empty()) story.line("Nobody", "it is lent on policy alone, and would open " + when);
    for (const auto& stage : request.stages) tell_forecast(story, stage);
    return story.take();
}

std::vector<std::string> next_commands(const RequestView& request) {
    const std::string id = " " + std::to_string(request.id.value);
    std::vector<std::string> commands;
    for (const auto& verb : request.may) {
        if (verb == "approve") commands.push_back("stint approve" + id);
        else if (verb == "deny") commands.push_back("stint deny" + id + " -r COMMENT");
        else if (verb == "cancel") commands.push_back("stint cancel" + id);
        else if (verb == "extend") commands.push_back("stint extend" + id + " -d DURATION -r REASON");
        else if (verb == "release") commands.push_back("stint release" + id);
        else if (verb == "revoke") commands.push_back("stint revoke" + id + " -r REASON");
        else if (verb == "review") commands.push_back("stint review" + id + " --verdict justified|unjustified -r COMMENT");
    }
    return commands;
}

std::string story_of(const RequestView& request, Utc now) {
    Story story(now);
    std::string kind = request.kind == "break_glass" ? "Break-glass " : request.kind == "extension" ? "Extension " : "Request ";
    story.heading(kind + std::to_string(request.id.value) + "  " + state_words(request));
    tell_ask(story, request);
    tell_approvals(story, request);
    tell_grant(story, request);
    tell_memberships(story, request);
    tell_review(story, request);
    if (!request.policy_hash.empty()) {
        story.heading("Policy");
        story.line("Judged under", request.policy_hash);
    }
    const auto commands = next_commands(request);
    if (!commands.empty()) story.heading("You may");
    std::string text = story.take();
    for (const auto& command : commands) text.append("  ").append(command).append("\n");
    return text;
}

}  // namespace stint::cli
