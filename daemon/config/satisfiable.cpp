// Holds a policy against a snapshot of the directory; see satisfiable.hpp. The search for people who may
// decide is quorum's, here is what to ask it and how to say the answer.
#include "config/satisfiable.hpp"

#include "config/quorum.hpp"
#include "config/toml_reader.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace stint {
namespace {

using namespace config;

using People = std::map<PersonId, Login>;

/// A list of groups in the policy, and the key that names it.
struct Named {
    std::string key;
    const std::vector<GroupName>* groups;
};

class Check {
public:
    Check(const Entitlement& entitlement, const Roles& roles, const DirectorySnapshot& directory, const PolicySource& source, Faults& faults)
        : entitlement_(entitlement), roles_(roles), directory_(directory), source_(source), faults_(faults) {}

    void run() {
        const bool is_known = check_known();
        check_lent_groups();
        check_no_power_over_itself();
        // A group that is not known has nobody in it: what follows from that would only repeat it.
        if (!is_known) return;
        check_stages();
        check_break_glass();
    }

private:
    /// Everybody who has a say, by key; `groups` (what is lent) is not among them.
    std::vector<Named> says() const {
        std::vector<Named> all{{"requesters", &entitlement_.requesters}};
        for (std::size_t i = 0; i < entitlement_.stages.size(); ++i) {
            all.push_back({stage_key(i) + "from", &entitlement_.stages[i].from});
            all.push_back({stage_key(i) + "escalate_to", &entitlement_.stages[i].escalate_to});
        }
        if (entitlement_.break_glass) {
            all.push_back({"break_glass.requesters", &entitlement_.break_glass->requesters});
            all.push_back({"break_glass.reviewers", &entitlement_.break_glass->reviewers});
        }
        return all;
    }

    static std::string stage_key(std::size_t stage) { return "approval[" + std::to_string(stage + 1) + "]."; }

    const GroupSnapshot* find(const GroupName& name) const {
        const auto found = directory_.find(name);
        return found == directory_.end() || !found->second ? nullptr : &*found->second;
    }

    bool check_known() {
        bool is_known = true;
        auto named = says();
        named.insert(named.begin(), {"groups", &entitlement_.groups});
        for (const Named& one : named) {
            for (const GroupName& group : *one.groups) {
                if (find(group) != nullptr) continue;
                is_known = false;
                error(one.key, "names " + shown(group) + ", which the directory does not know");
            }
        }
        return is_known;
    }

    void check_lent_groups() {
        for (const GroupName& name : entitlement_.groups) {
            const GroupSnapshot* snapshot = find(name);
            if (snapshot == nullptr) continue;
            if (!snapshot->group.is_managed)
                error("groups", "lends " + shown(name) + ", which the directory's plugin may not write: add it to the plugin's managed groups");
            if (!snapshot->group.may_be_empty)
                error("groups", "lends " + shown(name) + ", which cannot lose its last member" + kind_of_group(*snapshot) +
                                    ", so the last loan could not be taken back: use a kind that may be empty (groupOfMembers), or keep a member in it that is nobody");
        }
    }

    static std::string kind_of_group(const GroupSnapshot& snapshot) {
        return snapshot.group.kind.empty() ? std::string() : " (it is a " + log::escaped(snapshot.group.kind) + ")";
    }

    /// By id: the same group may be named in two ways.
    void check_no_power_over_itself() {
        auto named = says();
        named.push_back({"roles.auditor", &roles_.auditor});
        named.push_back({"roles.security", &roles_.security});
        for (const GroupName& lent : entitlement_.groups) {
            const GroupSnapshot* target = find(lent);
            if (target == nullptr) continue;
            for (const Named& one : named)
                for (const GroupName& group : *one.groups)
                    if (is_same(*target, find(group)))
                        error("groups", "lends " + shown(lent) + ", which is also named in `" + one.key + "`: whoever is lent it would gain a say over the loan");
        }
        for (auto first = entitlement_.groups.begin(); first != entitlement_.groups.end(); ++first)
            for (auto second = std::next(first); second != entitlement_.groups.end(); ++second)
                if (const GroupSnapshot* target = find(*first); target != nullptr && is_same(*target, find(*second)))
                    error("groups", "names one group twice: " + shown(*first) + " and " + shown(*second));
    }

    static bool is_same(const GroupSnapshot& target, const GroupSnapshot* other) {
        return other != nullptr && !target.group.ref.id.empty() && target.group.ref.id == other->group.ref.id;
    }

    People enabled_in(const std::vector<GroupName>& groups) const {
        People people;
        for (const GroupName& name : groups) {
            const GroupSnapshot* snapshot = find(name);
            if (snapshot == nullptr) continue;
            for (const Person& person : snapshot->members)
                if (person.is_enabled && !person.ref.id.empty()) people.emplace(person.ref.id, person.ref.login);
        }
        return people;
    }

    static std::set<PersonId> ids_of(const People& people) {
        std::set<PersonId> ids;
        for (const auto& [id, login] : people) ids.insert(id);
        return ids;
    }

    std::vector<Seats> seats(bool is_escalated) const {
        std::vector<Seats> all;
        for (const ApprovalStage& stage : entitlement_.stages) {
            People people = enabled_in(stage.from);
            if (is_escalated) people.merge(enabled_in(stage.escalate_to));
            all.push_back({ids_of(people), static_cast<std::size_t>(stage.count)});
        }
        return all;
    }

    /// Each stage that somebody gets stuck at, with those who do.
    using Stuck = std::map<std::size_t, std::vector<Login>>;

    static Stuck stuck_requesters(const std::vector<Seats>& stages, const People& requesters) {
        Stuck stuck;
        if (const auto stage = first_unfilled(stages, std::nullopt)) {
            stuck[*stage];  // empty: whoever asks
            return stuck;
        }
        for (const PersonId& person : critical_persons(stages)) {
            const auto requester = requesters.find(person);
            if (requester == requesters.end()) continue;
            if (const auto stage = first_unfilled(stages, person)) stuck[*stage].push_back(requester->second);
        }
        return stuck;
    }

    void check_stages() {
        const People requesters = enabled_in(entitlement_.requesters);
        if (requesters.empty()) warn("requesters", "has nobody in it who is enabled: nobody can ask");
        const Stuck stuck = stuck_requesters(seats(true), requesters);
        for (const auto& [stage, logins] : stuck)
            error(stage_key(stage) + "from", "can never be satisfied" + when_asked_by(logins) + ": " + needed(stage) +
                                                 ", nobody decides on their own request, and nobody counts twice in one");
        if (!stuck.empty()) return;
        for (const auto& [stage, logins] : stuck_requesters(seats(false), requesters))
            warn(stage_key(stage) + "from", "can be satisfied only after it was escalated" + when_asked_by(logins) + ": " + needed(stage));
    }

    std::string needed(std::size_t stage) const {
        const int count = entitlement_.stages[stage].count;
        return "it takes " + std::to_string(count) + (count == 1 ? " person" : " persons") + " who may approve";
    }

    void check_break_glass() {
        if (!entitlement_.break_glass) return;
        const People users = enabled_in(entitlement_.break_glass->requesters);
        const People reviewers = enabled_in(entitlement_.break_glass->reviewers);
        if (users.empty()) warn("break_glass.requesters", "has nobody in it who is enabled: nobody can break the glass");
        if (reviewers.empty()) {
            error("break_glass.reviewers", "has nobody in it who is enabled: no review could ever be done");
            return;
        }
        // With two reviewers one of them is not the user, whoever that is.
        if (reviewers.size() == 1 && users.contains(reviewers.begin()->first)) {
            error("break_glass.reviewers", "can never be satisfied" + when_asked_by({reviewers.begin()->second}) + ": nobody reviews their own break-glass");
            return;
        }
        People approvers;
        for (const ApprovalStage& stage : entitlement_.stages) approvers.merge(enabled_in(stage.from));
        const bool is_apart = std::any_of(reviewers.begin(), reviewers.end(), [&](const auto& one) { return !approvers.contains(one.first); });
        if (!is_apart) warn("break_glass.reviewers", "has only people who also approve this entitlement: let others look back");
    }

    static std::string when_asked_by(const std::vector<Login>& logins) {
        if (logins.empty()) return {};
        std::string text = " when asked for by " + log::escaped(logins.front().value);
        const std::size_t others = logins.size() - 1;
        if (others > 0) text += " (and " + std::to_string(others) + (others == 1 ? " other)" : " others)");
        return text;
    }

    static std::string shown(const GroupName& group) { return "`" + log::escaped(group.value) + "`"; }
    std::string begin(const std::string& key) const {
        return to_prefix(source_.find(entitlement_.name, key)) + "entitlement `" + entitlement_.name.value + "`: `" + key + "` ";
    }
    void error(const std::string& key, const std::string& what) { faults_.errors.push_back(begin(key) + what); }
    void warn(const std::string& key, const std::string& what) { faults_.warnings.push_back(begin(key) + what); }

    const Entitlement& entitlement_;
    const Roles& roles_;
    const DirectorySnapshot& directory_;
    const PolicySource& source_;
    Faults& faults_;
};

void check_role(const std::string& key, const std::vector<GroupName>& groups, const DirectorySnapshot& directory, const PolicySource& source, Faults& faults) {
    std::string place = to_prefix(source.find(EntitlementName(), key));
    if (place.empty()) place = "stintd.toml: ";
    for (const GroupName& group : groups) {
        const auto found = directory.find(group);
        if (found == directory.end() || !found->second)
            faults.errors.push_back(place + "`" + key + "` names `" + log::escaped(group.value) + "`, which the directory does not know");
    }
}

}  // namespace

void check_satisfiable(const Policy& policy, const DirectorySnapshot& directory, Faults& faults, const PolicySource& source) {
    check_role("roles.auditor", policy.roles.auditor, directory, source, faults);
    check_role("roles.security", policy.roles.security, directory, source, faults);
    for (const Entitlement& entitlement : policy.entitlements) Check(entitlement, policy.roles, directory, source, faults).run();
}

}  // namespace stint
