// Reads an entitlement key by key and judges each beside its neighbours; see entitlement_reader.hpp.
#include "config/entitlement_reader.hpp"

#include "log/log.hpp"

#include <algorithm>
#include <array>

namespace stint::config {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 3> risks{"low", "medium", "high"};
constexpr std::array<std::string_view, 2> accesses{"read-to-support", "write"};
constexpr std::array<std::string_view, 2> unreachables{"refuse", "allow"};
constexpr Seconds standard_pending = 4h;
constexpr std::size_t most_stages = 8;
constexpr std::size_t most_target_groups = 16;

/// Groups that give somebody a say over the entitlement, by the key that names them.
struct Say {
    std::string key;
    const std::vector<GroupName>* groups;
};

class EntitlementReader {
public:
    EntitlementReader(TableReader& reader, PolicySource& source) : reader_(reader), source_(source) {}

    std::optional<Entitlement> read(std::size_t number, const Roles& roles) {
        if (!read_name(number)) {
            read_body();  // for its faults
            reader_.finish();
            return std::nullopt;
        }
        read_body();
        check_no_power_over_itself(roles);
        reader_.finish();
        return result_;
    }

private:
    bool read_name(std::size_t number) {
        reader_.speak_of("entitlement " + std::to_string(number) + ": ");
        if (!reader_.require("name")) return false;
        const auto name = reader_.text("name", {64});
        if (!name) return false;
        if (!is_task_name(*name)) {
            reader_.fault("name", "must be a task in small letters, digits and hyphens (ehr-password-reset), 64 at most");
            return false;
        }
        result_.name = EntitlementName(*name);
        reader_.speak_of("entitlement `" + *name + "`: ");
        put("", place_of(reader_.raw()));
        put("name", reader_.place("name"));
        return true;
    }

    void read_body() {
        if (reader_.require("title"))
            if (auto title = reader_.text("title")) result_.title = *std::move(title);
        if (const auto risk = reader_.choice("risk", risks)) result_.risk = std::array{Risk::low, Risk::medium, Risk::high}[*risk];
        if (const auto access = reader_.choice("access", accesses)) result_.access = std::array{Access::read_to_support, Access::write}[*access];
        read_required_groups(reader_, "groups", "", {.most = most_target_groups}, result_.groups);
        read_required_groups(reader_, "requesters", "", {}, result_.requesters);
        read_duration();
        result_.pending_for = reader_.duration("pending_for", 1min, longest_pending).value_or(standard_pending);
        read_verification();
        read_ticket();
        for (TableReader& stage : reader_.tables("approval", most_stages)) read_stage(stage);
        read_break_glass();
        if (result_.risk == Risk::high && !reader_.has("approval"))
            reader_.warn("risk", "is high, and nobody has to approve: add [[entitlement.approval]] unless that is meant");
    }

    void read_required_groups(TableReader& reader, const char* key, const std::string& prefix, ListLimits limits, std::vector<GroupName>& into) {
        if (!reader.require(key)) return;
        if (auto groups = reader.groups(key, limits)) into = *std::move(groups);
        put(prefix + key, reader.place(key));
    }

    void read_duration() {
        if (!reader_.require("duration")) return;
        auto duration = reader_.table("duration");
        if (!duration) return;
        duration->require("default");
        duration->require("max");
        const auto standard = duration->duration("default", 1s, longest_grant);
        const auto max = duration->duration("max", 1s, longest_grant);
        if (standard && max && *standard > *max) duration->fault("default", "is longer than `duration.max` (" + to_text(*max) + ")");
        result_.duration = {standard.value_or(0s), max.value_or(0s)};
        duration->finish();
    }

    void read_verification() {
        auto methods = reader_.texts("verification", {.most = 32, .may_be_empty = true}, {64});
        if (!methods) return;
        for (const std::string& method : *methods)
            if (!is_task_name(method)) reader_.fault("verification", "must name methods in small letters, digits and hyphens (callback, manager)");
        result_.verification = *std::move(methods);
    }

    void read_ticket() {
        auto ticket = reader_.table("ticket");
        if (!ticket) return;
        put("ticket", reader_.place("ticket"));
        TicketRule rule;
        if (auto states = ticket->texts("states", {.most = 32, .may_be_empty = true})) rule.states = *std::move(states);
        rule.must_be_assigned_to_requester = ticket->flag("assignee_is_requester").value_or(false);
        rule.close_revokes = ticket->flag("close_revokes").value_or(false);
        if (const auto choice = ticket->choice("when_unreachable", unreachables))
            rule.when_unreachable = std::array{WhenUnreachable::refuse, WhenUnreachable::allow}[*choice];
        ticket->finish();
        result_.ticket = std::move(rule);
    }

    void read_stage(TableReader& reader) {
        const std::string prefix = "approval[" + std::to_string(result_.stages.size() + 1) + "].";
        ApprovalStage stage;
        read_required_groups(reader, "from", prefix, {}, stage.from);
        stage.count = static_cast<int>(reader.number("count", 1, most_approvals_in_stage).value_or(1));
        stage.remind_after = reader.duration("remind_after", 1s, longest_pending);
        stage.escalate_after = reader.duration("escalate_after", 1s, longest_pending);
        if (auto groups = reader.groups("escalate_to", {})) stage.escalate_to = *std::move(groups);
        put(prefix + "escalate_to", reader.place("escalate_to"));
        if (reader.has("escalate_after") && !reader.has("escalate_to")) reader.fault("escalate_after", "is there without `escalate_to`: say to whom");
        if (reader.has("escalate_to") && !reader.has("escalate_after")) reader.fault("escalate_to", "is there without `escalate_after`: say when");
        if (stage.remind_after && stage.escalate_after && *stage.remind_after >= *stage.escalate_after)
            reader.fault("remind_after", "must be shorter than `escalate_after` (" + to_text(*stage.escalate_after) + ")");
        check_within_pending(reader, "remind_after", stage.remind_after);
        check_within_pending(reader, "escalate_after", stage.escalate_after);
        reader.finish();
        result_.stages.push_back(std::move(stage));
    }

    void check_within_pending(TableReader& reader, const char* key, std::optional<Seconds> length) {
        if (length && *length >= result_.pending_for) reader.fault(key, "must be shorter than `pending_for` (" + to_text(result_.pending_for) + ")");
    }

    void read_break_glass() {
        auto reader = reader_.table("break_glass");
        if (!reader) return;
        put("break_glass", reader_.place("break_glass"));
        BreakGlassRule rule;
        read_required_groups(*reader, "requesters", "break_glass.", {}, rule.requesters);
        read_required_groups(*reader, "reviewers", "break_glass.", {}, rule.reviewers);
        reader->require("max");
        rule.max = reader->duration("max", 1s, longest_grant).value_or(0s);
        if (result_.duration.max > 0s && rule.max > result_.duration.max)
            reader->fault("max", "must not be longer than `duration.max` (" + to_text(result_.duration.max) + ")");
        reader->require("review_within");
        rule.review_within = reader->duration("review_within", 1s, longest_review).value_or(0s);
        reader->finish();
        result_.break_glass = std::move(rule);
    }

    /// Who is lent a group that approves, reviews or holds a role would have a say over the next loan.
    void check_no_power_over_itself(const Roles& roles) {
        std::vector<Say> says{{"requesters", &result_.requesters}, {"roles.auditor", &roles.auditor}, {"roles.security", &roles.security}};
        for (std::size_t i = 0; i < result_.stages.size(); ++i) {
            const std::string prefix = "approval[" + std::to_string(i + 1) + "].";
            says.push_back({prefix + "from", &result_.stages[i].from});
            says.push_back({prefix + "escalate_to", &result_.stages[i].escalate_to});
        }
        if (result_.break_glass) {
            says.push_back({"break_glass.requesters", &result_.break_glass->requesters});
            says.push_back({"break_glass.reviewers", &result_.break_glass->reviewers});
        }
        for (const Say& say : says)
            for (const GroupName& group : *say.groups)
                if (std::find(result_.groups.begin(), result_.groups.end(), group) != result_.groups.end())
                    reader_.fault("groups", "lends `" + log::escaped(group.value) + "`, which is also named in `" + say.key +
                                                "`: whoever is lent it would gain a say over the loan");
    }

    void put(const std::string& key, Place place) { source_.put(result_.name, key, std::move(place)); }

    TableReader& reader_;
    PolicySource& source_;
    Entitlement result_;
};

}  // namespace

std::optional<Entitlement> read_entitlement(TableReader& reader, std::size_t number, const Roles& roles, PolicySource& source) {
    return EntitlementReader(reader, source).read(number, roles);
}

}  // namespace stint::config
