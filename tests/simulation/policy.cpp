// A small policy that uses every rule: stages, counts, two groups, overlapping groups, break-glass.
#include "hospital.hpp"

namespace stint::simulation {

namespace {

Entitlement entitlement(const std::string& name, const std::vector<std::string>& groups, std::vector<int> stages) {
    Entitlement made;
    made.name = EntitlementName(name);
    for (const auto& group : groups) made.groups.emplace_back(group);
    made.requesters = {GroupName("helpdesk")};
    made.duration = {Seconds(600), Seconds(1200)};
    made.pending_for = Seconds(900);
    for (const int count : stages) {
        ApprovalStage stage;
        stage.from = {GroupName("owners")};
        stage.count = count;
        stage.remind_after = Seconds(60);
        stage.escalate_after = Seconds(120);
        stage.escalate_to = {GroupName("oncall")};
        made.stages.push_back(stage);
    }
    BreakGlassRule rule;
    rule.requesters = {GroupName("oncall"), GroupName("owners")};
    rule.max = Seconds(300);
    rule.review_within = Seconds(1800);
    rule.reviewers = {GroupName("privacy")};
    made.break_glass = rule;
    return made;
}

}  // namespace

Policy hospital_policy() {
    Policy policy;
    policy.entitlements = {entitlement("reset", {"g1"}, {1}), entitlement("both", {"g1", "g2"}, {}), entitlement("hard", {"g2"}, {1, 1})};
    policy.roles.security = {GroupName("soc")};
    policy.roles.auditor = {GroupName("soc")};
    policy.hash = PolicyHash(std::string(64, 'a'));
    return policy;
}

}  // namespace stint::simulation
