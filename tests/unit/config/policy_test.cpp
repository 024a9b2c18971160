// policy.d/*.toml: what is read, what is refused, and in which words.
#include "config/config.hpp"

#include "texts.hpp"

#include <gmock/gmock.h>

using namespace stint;
using namespace stint::test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

/// The contract's own example.
const std::string example = R"([[entitlement]]
name  = "ehr-password-reset"
title = "Reset a clinician's EHR password"
risk  = "medium"
access = "write"
groups = ["cn=ehr-reset,ou=groups,dc=example,dc=org"]
requesters = ["cn=helpdesk,ou=groups,dc=example,dc=org"]
duration = { default = "30m", max = "2h" }
pending_for = "4h"
verification = ["callback", "manager"]
ticket = { states = ["open"], assignee_is_requester = true, close_revokes = true, when_unreachable = "allow" }
[[entitlement.approval]]
from = ["cn=ehr-owners,ou=groups,dc=example,dc=org"]
count = 2
remind_after = "10m"
escalate_after = "30m"
escalate_to = ["cn=oncall,ou=groups,dc=example,dc=org"]
[entitlement.break_glass]
requesters = ["cn=oncall,ou=groups,dc=example,dc=org"]
max = "1h"
review_within = "24h"
reviewers = ["cn=privacy,ou=groups,dc=example,dc=org"]
)";

/// The least an entitlement needs, on six lines; tests add to it.
std::string least_named(const std::string& name) {
    return "[[entitlement]]\nname = \"" + name + "\"\ntitle = \"T\"\ngroups = [\"g\"]\nrequesters = [\"r\"]\nduration = { default = \"30m\", max = \"2h\" }\n";
}
const std::string least_entitlement = least_named("x");

std::vector<std::string> errors_of(const std::string& text) {
    Faults faults;
    (void)policy_of(text, faults);
    return faults.errors;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::logic_error("the example has no " + from);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST(PolicyFile, ReadsTheWholeExample) {
    Faults faults;
    const Policy policy = policy_of(example, faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, IsEmpty());
    ASSERT_THAT(policy.entitlements, SizeIs(1));
    const Entitlement& reset = policy.entitlements[0];
    EXPECT_EQ(reset.name.value, "ehr-password-reset");
    EXPECT_EQ(reset.title, "Reset a clinician's EHR password");
    EXPECT_EQ(reset.risk, Risk::medium);
    EXPECT_EQ(reset.access, Access::write);
    EXPECT_THAT(reset.groups, ElementsAre(GroupName("cn=ehr-reset,ou=groups,dc=example,dc=org")));
    EXPECT_THAT(reset.requesters, ElementsAre(GroupName("cn=helpdesk,ou=groups,dc=example,dc=org")));
    EXPECT_EQ(reset.duration.standard, 30min);
    EXPECT_EQ(reset.duration.max, 2h);
    EXPECT_EQ(reset.pending_for, 4h);
    EXPECT_THAT(reset.verification, ElementsAre("callback", "manager"));
    ASSERT_TRUE(reset.ticket);
    EXPECT_THAT(reset.ticket->states, ElementsAre("open"));
    EXPECT_TRUE(reset.ticket->must_be_assigned_to_requester);
    EXPECT_TRUE(reset.ticket->close_revokes);
    EXPECT_EQ(reset.ticket->when_unreachable, WhenUnreachable::allow);
    ASSERT_THAT(reset.stages, SizeIs(1));
    EXPECT_EQ(reset.stages[0].count, 2);
    EXPECT_EQ(reset.stages[0].remind_after, 10min);
    EXPECT_EQ(reset.stages[0].escalate_after, 30min);
    EXPECT_THAT(reset.stages[0].escalate_to, SizeIs(1));
    ASSERT_TRUE(reset.break_glass);
    EXPECT_EQ(reset.break_glass->max, 1h);
    EXPECT_EQ(reset.break_glass->review_within, 24h);
    EXPECT_THAT(reset.break_glass->reviewers, SizeIs(1));
}

TEST(PolicyFile, LeavesOutWhatMayBeAbsent) {
    Faults faults;
    const Policy policy = policy_of(least_entitlement, faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    ASSERT_THAT(policy.entitlements, SizeIs(1));
    const Entitlement& one = policy.entitlements[0];
    EXPECT_EQ(one.risk, Risk::medium);
    EXPECT_EQ(one.access, Access::write);
    EXPECT_EQ(one.pending_for, 4h);
    EXPECT_FALSE(one.ticket);
    EXPECT_THAT(one.stages, IsEmpty());
    EXPECT_FALSE(one.break_glass);
    EXPECT_THAT(policy_of(least_entitlement + "ticket = {}\n", faults).entitlements[0].ticket->states, IsEmpty());
}

TEST(PolicyFile, TellsEverythingThatIsMissing) {
    EXPECT_THAT(errors_of("[[entitlement]]\n[entitlement.break_glass]\n[[entitlement.approval]]\n"),
                ElementsAre("ehr.toml:1: entitlement 1: `name` is missing", "ehr.toml:1: entitlement 1: `title` is missing", "ehr.toml:1: entitlement 1: `groups` is missing",
                            "ehr.toml:1: entitlement 1: `requesters` is missing", "ehr.toml:1: entitlement 1: `duration` is missing", "ehr.toml:3: entitlement 1: `approval[1].from` is missing",
                            "ehr.toml:2: entitlement 1: `break_glass.requesters` is missing", "ehr.toml:2: entitlement 1: `break_glass.reviewers` is missing",
                            "ehr.toml:2: entitlement 1: `break_glass.max` is missing", "ehr.toml:2: entitlement 1: `break_glass.review_within` is missing"));
    EXPECT_THAT(errors_of(replaced(least_entitlement, "default = \"30m\", max = \"2h\"", "")),
                ElementsAre("ehr.toml:6: entitlement `x`: `duration.default` is missing", "ehr.toml:6: entitlement `x`: `duration.max` is missing"));
}

TEST(PolicyFile, TellsUnknownKeysAtEveryDepth) {
    EXPECT_THAT(errors_of(replaced(replaced(replaced(example, "pending_for", "pending_fro"), "count", "cuont"), "review_within", "revew_within") + "[entitlemnt]\n"),
                ElementsAre("ehr.toml:14: entitlement `ehr-password-reset`: unknown key `approval[1].cuont`; did you mean `count`?",
                            "ehr.toml:18: entitlement `ehr-password-reset`: `break_glass.review_within` is missing",
                            "ehr.toml:21: entitlement `ehr-password-reset`: unknown key `break_glass.revew_within`; did you mean `review_within`?",
                            "ehr.toml:9: entitlement `ehr-password-reset`: unknown key `pending_fro`; did you mean `pending_for`?",
                            "ehr.toml:23: unknown table `entitlemnt`; did you mean `entitlement`?")
                    );
    EXPECT_THAT(errors_of(replaced(example, "close_revokes", "closes_revoke")),
                ElementsAre("ehr.toml:11: entitlement `ehr-password-reset`: unknown key `ticket.closes_revoke`; did you mean `close_revokes`?"));
    EXPECT_THAT(errors_of(replaced(example, "max = \"2h\"", "max = \"2h\", maxx = 1")), ElementsAre("ehr.toml:8: entitlement `ehr-password-reset`: unknown key `duration.maxx`; did you mean `max`?"));
}

TEST(PolicyFile, TellsBadWordsWithTheNearestRightOne) {
    EXPECT_THAT(errors_of(replaced(replaced(replaced(example, "\"medium\"", "\"medum\""), "\"write\"", "\"read\""), "\"allow\"", "\"ignore\"")),
                ElementsAre("ehr.toml:4: entitlement `ehr-password-reset`: `risk` must be one of: low, medium, high; did you mean `medium`?",
                            "ehr.toml:5: entitlement `ehr-password-reset`: `access` must be one of: read-to-support, write; did you mean `read-to-support`?",
                            "ehr.toml:11: entitlement `ehr-password-reset`: `ticket.when_unreachable` must be one of: refuse, allow"));
}

TEST(PolicyFile, NamesAreTasks) {
    for (const std::string& name : {std::string("Ehr"), std::string("-ehr"), std::string("ehr reset"), std::string("ehr_reset"), std::string("é"), std::string(65, 'a')})
        EXPECT_THAT(errors_of(least_named(name)), SizeIs(1)) << name;
    EXPECT_THAT(errors_of(least_named("Ehr")), ElementsAre("ehr.toml:2: entitlement 1: `name` must be a task in small letters, digits and hyphens (ehr-password-reset), 64 at most"));
    for (const std::string& name : {std::string("0"), std::string("a-"), std::string(64, 'a')}) EXPECT_THAT(errors_of(least_named(name)), IsEmpty()) << name;
}

TEST(PolicyFile, ANameIsTakenOnceOverAllFiles) {
    Faults faults;
    (void)policy_of({{"a.toml", "\n" + least_entitlement}, {"b.toml", least_named("y") + "\n" + least_entitlement}}, faults);
    EXPECT_THAT(faults.errors, ElementsAre("b.toml:9: entitlement `x`: `name` is taken: the first one is at a.toml:3"));
}

TEST(PolicyFile, DurationsAreBounded) {
    const auto with = [](const std::string& standard, const std::string& max) {
        return errors_of(replaced(least_entitlement, "default = \"30m\", max = \"2h\"", "default = \"" + standard + "\", max = \"" + max + "\""));
    };
    EXPECT_THAT(with("1s", "1s"), IsEmpty());
    EXPECT_THAT(with("24h", "24h"), IsEmpty());
    EXPECT_THAT(with("30m", "24h1s"), ElementsAre("ehr.toml:6: entitlement `x`: `duration.max` must be from 1s to 1d, not 1d1s"));
    EXPECT_THAT(with("3h", "2h"), ElementsAre("ehr.toml:6: entitlement `x`: `duration.default` is longer than `duration.max` (2h)"));
    EXPECT_THAT(with("0s", "2h"), ElementsAre("ehr.toml:6: entitlement `x`: `duration.default` is no duration: write it such as \"90s\", \"30m\" or \"1h30m\""));
    EXPECT_THAT(errors_of(least_entitlement + "pending_for = \"59s\"\n"), ElementsAre("ehr.toml:7: entitlement `x`: `pending_for` must be from 1m to 30d, not 59s"));
    EXPECT_THAT(errors_of(least_entitlement + "pending_for = \"30d\"\n"), IsEmpty());
    EXPECT_THAT(errors_of(least_entitlement + "pending_for = \"30d1s\"\n"), SizeIs(1));
}

TEST(PolicyFile, StagesAreBounded) {
    const auto with = [](const std::string& stage) { return errors_of(least_entitlement + "pending_for = \"1h\"\n[[entitlement.approval]]\nfrom = [\"o\"]\n" + stage); };
    EXPECT_THAT(with(""), IsEmpty());
    EXPECT_THAT(with("count = 20\n"), IsEmpty());
    EXPECT_THAT(with("count = 0\n"), ElementsAre("ehr.toml:10: entitlement `x`: `approval[1].count` must be from 1 to 20, not 0"));
    EXPECT_THAT(with("count = 21\n"), SizeIs(1));
    EXPECT_THAT(with("escalate_after = \"30m\"\n"), ElementsAre("ehr.toml:10: entitlement `x`: `approval[1].escalate_after` is there without `escalate_to`: say to whom"));
    EXPECT_THAT(with("escalate_to = [\"u\"]\n"), ElementsAre("ehr.toml:10: entitlement `x`: `approval[1].escalate_to` is there without `escalate_after`: say when"));
    EXPECT_THAT(with("remind_after = \"10m\"\nescalate_after = \"10m\"\nescalate_to = [\"u\"]\n"),
                ElementsAre("ehr.toml:10: entitlement `x`: `approval[1].remind_after` must be shorter than `escalate_after` (10m)"));
    EXPECT_THAT(with("escalate_after = \"1h\"\nescalate_to = [\"u\"]\n"), ElementsAre("ehr.toml:10: entitlement `x`: `approval[1].escalate_after` must be shorter than `pending_for` (1h)"));
    EXPECT_THAT(with("remind_after = \"1h\"\n"), ElementsAre("ehr.toml:10: entitlement `x`: `approval[1].remind_after` must be shorter than `pending_for` (1h)"));
    EXPECT_THAT(errors_of(least_entitlement + "[[entitlement.approval]]\nfrom = []\n"), ElementsAre("ehr.toml:8: entitlement `x`: `approval[1].from` is empty"));
    std::string nine = least_entitlement;
    for (int i = 0; i < 9; ++i) nine += "[[entitlement.approval]]\nfrom = [\"o\"]\n";
    EXPECT_THAT(errors_of(nine), ElementsAre(HasSubstr("`approval` is there more than 8 times")));
}

TEST(PolicyFile, BreakGlassIsBounded) {
    EXPECT_THAT(errors_of(replaced(example, "max = \"1h\"", "max = \"2h\"")), IsEmpty());
    EXPECT_THAT(errors_of(replaced(example, "max = \"1h\"", "max = \"2h1s\"")),
                ElementsAre("ehr.toml:20: entitlement `ehr-password-reset`: `break_glass.max` must not be longer than `duration.max` (2h)"));
    EXPECT_THAT(errors_of(replaced(example, "review_within = \"24h\"", "review_within = \"72h\"")), IsEmpty());
    EXPECT_THAT(errors_of(replaced(example, "review_within = \"24h\"", "review_within = \"73h\"")),
                ElementsAre("ehr.toml:21: entitlement `ehr-password-reset`: `break_glass.review_within` must be from 1s to 3d, not 3d1h"));
    EXPECT_THAT(errors_of(replaced(example, "reviewers = [\"cn=privacy,ou=groups,dc=example,dc=org\"]", "reviewers = []")),
                ElementsAre("ehr.toml:22: entitlement `ehr-password-reset`: `break_glass.reviewers` is empty"));
}

TEST(PolicyFile, ListsAndTextsAreHonest) {
    EXPECT_THAT(errors_of(replaced(least_entitlement, "[\"g\"]", "[]")), ElementsAre("ehr.toml:4: entitlement `x`: `groups` is empty"));
    EXPECT_THAT(errors_of(replaced(least_entitlement, "[\"r\"]", "[]")), ElementsAre("ehr.toml:5: entitlement `x`: `requesters` is empty"));
    EXPECT_THAT(errors_of(replaced(least_entitlement, "[\"r\"]", "[\"r\", \"r\"]")), ElementsAre("ehr.toml:5: entitlement `x`: `requesters` names `r` twice"));
    EXPECT_THAT(errors_of(replaced(least_entitlement, "\"T\"", "\"" + std::string(200, 't') + "\"")), IsEmpty());
    EXPECT_THAT(errors_of(replaced(least_entitlement, "\"T\"", "\"" + std::string(201, 't') + "\"")), ElementsAre("ehr.toml:3: entitlement `x`: `title` is longer than 200 characters"));
    for (const char* odd : {R"("a\u202Eb")", R"("a\u2028b")", R"("a\tb")", R"("a\u0085b")", R"("a\u2066b")"})
        EXPECT_THAT(errors_of(replaced(least_entitlement, "\"T\"", odd)), ElementsAre(HasSubstr("`title` holds control characters"))) << odd;
    EXPECT_THAT(errors_of(replaced(least_entitlement, "[\"g\"]", "[\"" + std::string(513, 'g') + "\"]")), ElementsAre(HasSubstr("`groups` is longer than 512 characters")));
    EXPECT_THAT(errors_of(least_entitlement + "verification = [\"Call back\"]\n"), ElementsAre(HasSubstr("`verification` must name methods")));
}

TEST(PolicyFile, NothingLentHasASayOverTheLoan) {
    const auto lends = [](const std::string& group) { return errors_of(replaced(example, "groups = [\"cn=ehr-reset", "groups = [\"cn=" + group)); };
    EXPECT_THAT(lends("ehr-owners"), ElementsAre("ehr.toml:6: entitlement `ehr-password-reset`: `groups` lends `cn=ehr-owners,ou=groups,dc=example,dc=org`, which is also named in "
                                                 "`approval[1].from`: whoever is lent it would gain a say over the loan"));
    EXPECT_THAT(lends("helpdesk"), ElementsAre(HasSubstr("also named in `requesters`")));
    EXPECT_THAT(lends("privacy"), ElementsAre(HasSubstr("also named in `break_glass.reviewers`")));
    EXPECT_THAT(lends("oncall"), ElementsAre(HasSubstr("also named in `approval[1].escalate_to`"), HasSubstr("also named in `break_glass.requesters`")));
    Faults faults;
    (void)policy_of({{"x.toml", least_entitlement}}, faults, Roles{{GroupName("g")}, {GroupName("g")}});
    EXPECT_THAT(faults.errors, ElementsAre(HasSubstr("also named in `roles.auditor`"), HasSubstr("also named in `roles.security`")));
}

TEST(PolicyFile, WarnsOfDetoursAndOfRiskWithoutApproval) {
    Faults faults;
    const Policy policy = policy_of(least_named("lend-owners") + "risk = \"high\"\n" + replaced(least_named("other"), "\"g\"", "\"t\"") + "[[entitlement.approval]]\nfrom = [\"g\"]\n", faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, ElementsAre("ehr.toml:7: entitlement `lend-owners`: `risk` is high, and nobody has to approve: add [[entitlement.approval]] unless that is meant",
                                             "ehr.toml:4: entitlement `lend-owners`: `groups` lends `g`, which decides on `other`"));
    EXPECT_THAT(policy.entitlements, SizeIs(2));
}

TEST(PolicyFile, IsWholeOrNotAtAll) {
    Faults faults;
    const Policy policy = policy_of({{"a.toml", example}, {"b.toml", "nonsense"}}, faults);
    EXPECT_THAT(policy.entitlements, IsEmpty());
    EXPECT_TRUE(policy.hash.empty());
    EXPECT_THAT(faults.errors, ElementsAre(HasSubstr("b.toml:1: is not TOML: ")));
    Faults none;
    EXPECT_THAT(policy_of(std::vector<SourceText>{}, none).entitlements, IsEmpty());
    EXPECT_THAT(none.warnings, ElementsAre("the policy has no entitlement: nothing can be lent"));
}

TEST(PolicyFile, AnUnreadableFileLeavesNoPolicy) {
    const Folder folder;
    folder.write("policy.d/a.toml", example);
    std::filesystem::create_directory(folder / "policy.d/b.toml");
    Faults faults;
    EXPECT_THAT(load_policy(folder / "policy.d", {}, faults).entitlements, IsEmpty());
    EXPECT_THAT(faults.errors, ElementsAre(HasSubstr("b.toml: is not a regular file")));
}

TEST(PolicyHash, IsOverNamesLengthsAndBytes) {
    Faults faults;
    const std::vector<SourceText> files{{"/etc/stint/policy.d/a.toml", "# a\n"}, {"/etc/stint/policy.d/b.toml", least_entitlement}};
    const std::string hash = policy_of(files, faults).hash.value;
    // printf 'a.toml\0004\0# a\nb.toml\000%d\0…' | sha256sum, as the comment of load_policy says
    EXPECT_EQ(hash, "3b5ef9300dcdaaf7f576034acc7ec55f5f1a81ad8d29032406e3e6965b79ac89");
    auto elsewhere = files;
    for (auto& file : elsewhere) file.name = "other/" + std::filesystem::path(file.name).filename().string();
    EXPECT_EQ(policy_of(elsewhere, faults).hash.value, hash);
    auto renamed = files;
    renamed[0].name = "c.toml";
    EXPECT_NE(policy_of(renamed, faults).hash.value, hash);
    auto longer = files;
    longer[0].text += "#\n";
    EXPECT_NE(policy_of(longer, faults).hash.value, hash);
    EXPECT_THAT(faults.errors, IsEmpty());
}

TEST(PolicyHash, CoversTheRoles) {
    Faults faults;
    const std::vector<SourceText> files{{"a.toml", least_entitlement}};
    const GroupName soc("soc"), compliance("compliance");
    std::set<std::string> hashes;
    for (const Roles& roles : {Roles{}, Roles{.auditor = {soc}, .security = {}}, Roles{.auditor = {}, .security = {soc}},
                               Roles{.auditor = {soc}, .security = {compliance}}, Roles{.auditor = {soc, compliance}, .security = {}}})
        hashes.insert(policy_of(files, faults, roles).hash.value);
    EXPECT_EQ(hashes.size(), 5U);
    EXPECT_THAT(faults.errors, IsEmpty());
}

TEST(CheckTogether, ATicketNeedsATicketSystem) {
    Faults faults;
    PolicySource source;
    const Policy policy = policy_of({{"ehr.toml", example}}, faults, {}, &source);
    Config config;
    check_together(config, policy, source, faults);
    EXPECT_THAT(faults.errors, ElementsAre("ehr.toml:11: entitlement `ehr-password-reset`: `ticket` asks for a ticket, but no ticket system is configured: add [ticket] to stintd.toml"));
    EXPECT_THAT(faults.warnings, ElementsAre("ehr.toml:1: entitlement `ehr-password-reset`: people have to decide, but no channel tells them: add [[notify]] to stintd.toml"));
    config.ticket.emplace();
    config.notify.emplace_back();
    Faults none;
    check_together(config, policy, source, none);
    EXPECT_THAT(none.errors, IsEmpty());
    EXPECT_THAT(none.warnings, IsEmpty());
}
