// Groups by id and not by name, and what a policy names.
#include "core/entitlement.hpp"
#include "core/person.hpp"

#include <gtest/gtest.h>

using namespace stint;

namespace {

Person person_in(std::vector<GroupRef> groups) {
    Person person;
    person.groups = std::move(groups);
    return person;
}

std::vector<GroupName> names(std::vector<std::string> texts) {
    return {texts.begin(), texts.end()};
}

}  // namespace

TEST(IsInAny, ComparesIdsNotNames) {
    const Person ada = person_in({{GroupId("id-1"), GroupName("cn=helpdesk")}});
    const GroupIndex index({{GroupName("cn=renamed"), GroupId("id-1")}, {GroupName("cn=helpdesk"), GroupId("id-2")}});
    EXPECT_TRUE(is_in_any(ada, names({"cn=other", "cn=renamed"}), index));
    EXPECT_FALSE(is_in_any(ada, names({"cn=helpdesk"}), index));  // same name, another group by now
    EXPECT_FALSE(is_in_any(ada, {}, index));
}

TEST(IsInAny, AnUnresolvedGroupHasNoMembers) {
    const Person ada = person_in({{GroupId(""), GroupName("cn=helpdesk")}});
    EXPECT_FALSE(is_in_any(ada, names({"cn=helpdesk"}), {}));
    EXPECT_FALSE(is_in_any(ada, names({"cn=helpdesk"}), GroupIndex({{GroupName("cn=helpdesk"), GroupId("")}})));
}

TEST(Policy, NamesEachGroupOnceInOrder) {
    Entitlement reset;
    reset.name = EntitlementName("reset");
    reset.groups = names({"t"});
    reset.requesters = names({"help"});
    reset.stages.push_back({names({"own"}), 1, {}, Seconds{60}, names({"call"})});
    reset.break_glass = BreakGlassRule{names({"call"}), Seconds{60}, Seconds{60}, names({"priv"})};
    Policy policy;
    policy.entitlements = {reset, reset};
    policy.roles = {names({"aud"}), names({"soc", "aud"})};
    EXPECT_EQ(groups_named_in(policy), names({"aud", "call", "help", "own", "priv", "soc", "t"}));
    EXPECT_EQ(policy.find(EntitlementName("reset")), &policy.entitlements[0]);
    EXPECT_EQ(policy.find(EntitlementName("Reset")), nullptr);
}

TEST(Words, AreTheFilesWords) {
    EXPECT_EQ(to_text(Risk::high), "high");
    EXPECT_EQ(to_text(Access::read_to_support), "read-to-support");
    EXPECT_EQ(to_text(Access::write), "write");
}
