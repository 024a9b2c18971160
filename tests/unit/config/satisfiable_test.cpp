// A policy held against the people of a directory.
#include "config/satisfiable.hpp"

#include <gmock/gmock.h>

using namespace stint;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

Person person(const std::string& login, bool is_enabled = true) {
    return {{PersonId("id-" + login), Login(login), login, ""}, is_enabled, {}};
}

std::vector<GroupName> names(std::vector<std::string> texts) { return {texts.begin(), texts.end()}; }

/// A small house: ada asks, ben and bea own, cho and che look back, dee is on call.
class House {
public:
    House() {
        put("lent", {});
        put("helpdesk", {person("ada"), person("abe")});
        put("owners", {person("ben"), person("bea")});
        put("oncall", {person("dee")});
        put("privacy", {person("cho"), person("che")});
        entitlement.name = EntitlementName("x");
        entitlement.groups = names({"lent"});
        entitlement.requesters = names({"helpdesk"});
        entitlement.stages = {stage({"owners"})};
        entitlement.break_glass = BreakGlassRule{names({"oncall"}), Seconds{60}, Seconds{60}, names({"privacy"})};
    }

    static ApprovalStage stage(std::vector<std::string> from, int count = 1) { return {names(std::move(from)), count, {}, {}, {}}; }

    GroupSnapshot& put(const std::string& name, std::vector<Person> members) {
        auto& entry = directory[GroupName(name)];
        entry = GroupSnapshot{{{GroupId("gid-" + name), GroupName(name)}, true, true, "groupOfMembers"}, std::move(members)};
        return *entry;
    }

    Faults check() const {
        Policy policy;
        policy.entitlements = {entitlement};
        policy.roles = roles;
        Faults faults;
        check_satisfiable(policy, directory, faults, source);
        return faults;
    }

    Entitlement entitlement;
    Roles roles;
    DirectorySnapshot directory;
    PolicySource source;
};

}  // namespace

TEST(Satisfiable, AWholeHouseHasNoFaults) {
    const Faults faults = House().check();
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, IsEmpty());
}

TEST(Satisfiable, UnknownGroupsAreNamedWithTheirPlace) {
    House house;
    house.directory[GroupName("owners")] = std::nullopt;
    house.directory.erase(GroupName("lent"));
    house.roles = {names({"nowhere"}), names({"privacy"})};
    house.source.put(EntitlementName("x"), "", {"ehr.toml", 1});
    house.source.put(EntitlementName("x"), "approval[1].from", {"ehr.toml", 13});
    EXPECT_THAT(house.check().errors, ElementsAre("stintd.toml: `roles.auditor` names `nowhere`, which the directory does not know",
                                                  "ehr.toml:1: entitlement `x`: `groups` names `lent`, which the directory does not know",
                                                  "ehr.toml:13: entitlement `x`: `approval[1].from` names `owners`, which the directory does not know"));
}

TEST(Satisfiable, LentGroupsMustBeWritableAndMayBeEmpty) {
    House house;
    house.put("lent", {}).group.is_managed = false;
    EXPECT_THAT(house.check().errors, ElementsAre(HasSubstr("`groups` lends `lent`, which the directory's plugin may not write")));
    auto& group = house.put("lent", {}).group;
    group.may_be_empty = false;
    group.kind = "groupOfNames";
    EXPECT_THAT(house.check().errors, ElementsAre(HasSubstr("`groups` lends `lent`, which cannot lose its last member (it is a groupOfNames)")));
    // Of the others nothing is written.
    House other;
    other.put("owners", {person("ben"), person("bea")}).group.is_managed = false;
    other.directory[GroupName("owners")]->group.may_be_empty = false;
    EXPECT_THAT(other.check().errors, IsEmpty());
}

TEST(Satisfiable, NobodyDecidesOnTheirOwnRequest) {
    House house;
    house.put("owners", {person("ada")});
    EXPECT_THAT(house.check().errors, ElementsAre("entitlement `x`: `approval[1].from` can never be satisfied when asked for by ada: it takes 1 person who may approve, "
                                                  "nobody decides on their own request, and nobody counts twice in one"));
    house.put("owners", {person("ada"), person("ben", false)});
    EXPECT_THAT(house.check().errors, ElementsAre(HasSubstr("asked for by ada: ")));
    house.put("owners", {person("ada"), person("abe")});
    EXPECT_THAT(house.check().errors, IsEmpty());
    house.entitlement.stages[0].count = 2;
    EXPECT_THAT(house.check().errors, ElementsAre(HasSubstr("asked for by abe (and 1 other): it takes 2 persons")));
}

TEST(Satisfiable, AnEmptyStageIsToldOnce) {
    House house;
    house.put("owners", {});
    EXPECT_THAT(house.check().errors, ElementsAre(HasSubstr("`approval[1].from` can never be satisfied: it takes 1 person who may approve")));
    house.put("owners", {person("ben", false)});
    EXPECT_THAT(house.check().errors, ElementsAre(HasSubstr("can never be satisfied: ")));
}

TEST(Satisfiable, NobodyCountsTwiceOverTheStages) {
    House house;
    house.put("second", {person("ben")});
    house.entitlement.stages = {House::stage({"owners"}, 2), House::stage({"second"})};
    EXPECT_THAT(house.check().errors, ElementsAre(HasSubstr("`approval[2].from` can never be satisfied: it takes 1 person")));
    // bea can take the first stage, so that ben is free for the second.
    house.entitlement.stages[0].count = 1;
    EXPECT_THAT(house.check().errors, IsEmpty());
    // …unless it is bea who asks.
    house.put("helpdesk", {person("ada"), person("bea")});
    EXPECT_THAT(house.check().errors, ElementsAre(HasSubstr("`approval[2].from` can never be satisfied when asked for by bea: ")));
}

TEST(Satisfiable, TheSamePersonUnderTwoLoginsIsOne) {
    House house;
    Person alias = person("ben");
    alias.ref.login = Login("ben-admin");
    house.put("owners", {person("ben"), alias});
    house.entitlement.stages[0].count = 2;
    EXPECT_THAT(house.check().errors, ElementsAre(HasSubstr("can never be satisfied: it takes 2 persons")));
}

TEST(Satisfiable, WithEscalationOnlyIsAWarning) {
    House house;
    house.put("owners", {person("ada")});
    house.entitlement.stages[0].escalate_after = Seconds{60};
    house.entitlement.stages[0].escalate_to = names({"oncall"});
    const Faults faults = house.check();
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, ElementsAre("entitlement `x`: `approval[1].from` can be satisfied only after it was escalated when asked for by ada: it takes 1 person who may approve"));
}

TEST(Satisfiable, NobodyReviewsTheirOwnBreakGlass) {
    House house;
    house.put("privacy", {person("dee")});
    EXPECT_THAT(house.check().errors, ElementsAre("entitlement `x`: `break_glass.reviewers` can never be satisfied when asked for by dee: nobody reviews their own break-glass"));
    house.put("privacy", {person("dee"), person("cho")});
    EXPECT_THAT(house.check().errors, IsEmpty());
    house.put("privacy", {person("cho", false)});
    EXPECT_THAT(house.check().errors, ElementsAre("entitlement `x`: `break_glass.reviewers` has nobody in it who is enabled: no review could ever be done"));
}

TEST(Satisfiable, WarnsWhenReviewersAreTheApprovers) {
    House house;
    house.put("privacy", {person("ben"), person("bea")});
    const Faults faults = house.check();
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, ElementsAre(HasSubstr("`break_glass.reviewers` has only people who also approve")));
}

TEST(Satisfiable, WarnsWhenNobodyCanAsk) {
    House house;
    house.put("helpdesk", {person("ada", false)});
    house.put("oncall", {});
    const Faults faults = house.check();
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, ElementsAre(HasSubstr("`requesters` has nobody in it who is enabled"), HasSubstr("`break_glass.requesters` has nobody in it who is enabled")));
}

TEST(Satisfiable, OneGroupUnderTwoNamesIsOne) {
    House house;
    house.put("OWNERS", {person("ben"), person("bea")}).group.ref.id = GroupId("gid-lent");
    house.entitlement.stages.push_back(House::stage({"OWNERS"}));
    EXPECT_THAT(house.check().errors, ElementsAre(HasSubstr("`groups` lends `lent`, which is also named in `approval[2].from`")));
    House twice;
    twice.put("Lent", {}).group.ref.id = GroupId("gid-lent");
    twice.entitlement.groups = names({"lent", "Lent"});
    EXPECT_THAT(twice.check().errors, ElementsAre("entitlement `x`: `groups` names one group twice: `lent` and `Lent`"));
    House role;
    role.put("soc", {}).group.ref.id = GroupId("gid-lent");
    role.roles.security = names({"soc"});
    EXPECT_THAT(role.check().errors, ElementsAre(HasSubstr("also named in `roles.security`")));
}

TEST(Satisfiable, BigGroupsAreQuick) {
    House house;
    std::vector<Person> crowd;
    for (int i = 0; i < 20000; ++i) crowd.push_back(person("p" + std::to_string(i)));
    house.put("helpdesk", crowd);
    house.put("owners", crowd);
    house.entitlement.stages = {House::stage({"owners"}, 20), House::stage({"helpdesk"}, 20), House::stage({"oncall"})};
    EXPECT_THAT(house.check().errors, IsEmpty());
}
