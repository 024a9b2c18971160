// The files in config/, as they are shipped: whole, and complete in what they explain.
#include "config/config.hpp"
#include "config/options.hpp"
#include "config/satisfiable.hpp"
#include "config/toml_reader.hpp"

#include "texts.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <sstream>

using namespace stint;
using namespace stint::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

const std::filesystem::path shipped = STINT_SHIPPED_CONFIG;

std::string text_of(const std::string& name) {
    std::ifstream file(shipped / name);
    if (!file) throw std::runtime_error("config/" + name + " is not there");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// "#key = …" and "#[table]" become what they stand for; "# prose" stays prose.
std::string with_options_taken_in(const std::string& text) {
    std::istringstream lines(text);
    std::string result;
    for (std::string line; std::getline(lines, line);) {
        const bool is_option = line.size() > 1 && line[0] == '#' && (line[1] == '[' || std::islower(static_cast<unsigned char>(line[1])) != 0);
        result += (is_option ? line.substr(1) : line) + "\n";
    }
    return result;
}

/// A copy of a shipped file or folder that is as an installed one: whoever checked the sources out owns those.
std::filesystem::path installed(const Folder& folder, const std::string& name, const std::string& as) {
    if (!std::filesystem::is_directory(shipped / name)) return folder.write(as, text_of(name));
    for (const auto& entry : std::filesystem::directory_iterator(shipped / name))
        folder.write(as + "/" + entry.path().filename().string(), text_of(name + "/" + entry.path().filename().string()));
    return folder / as;
}

std::string replaced_all(std::string text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
    return text;
}

/// The demo's people, as directory-embedded would tell them.
DirectorySnapshot demo_directory() {
    Faults faults;
    const auto file = config::parse_toml({"directory.toml", text_of("demo/directory.toml")}, faults);
    if (!file) throw std::runtime_error(faults.errors.front());
    std::map<std::string, Person> people;
    for (const toml::node& node : *file->get_as<toml::array>("person")) {
        const std::string login = (*node.as_table())["login"].value_or<std::string>("");
        const PersonRef ref{PersonId(login), Login(login), (*node.as_table())["name"].value_or<std::string>(""), ""};
        people[login] = {ref, (*node.as_table())["enabled"].value_or(false), {}};
    }
    DirectorySnapshot directory;
    for (const toml::node& node : *file->get_as<toml::array>("group")) {
        const std::string name = (*node.as_table())["name"].value_or<std::string>("");
        GroupSnapshot group{{{GroupId(name), GroupName(name)}, true, true, "embedded"}, {}};
        for (const toml::node& member : *(*node.as_table())["members"].as_array()) group.members.push_back(people.at(member.value_or<std::string>("")));
        directory.emplace(GroupName(name), group);
    }
    return directory;
}

}  // namespace

TEST(Shipped, ConfigurationHasNoFault) {
    Faults faults;
    const Folder folder;
    const Config config = load_config(installed(folder, "stintd.toml", "stintd.toml"), faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, IsEmpty());
    EXPECT_EQ(config.directory.program, "directory-ldap");
}

TEST(Shipped, ConfigurationShowsEveryOptionAtItsDefault) {
    Faults faults;
    const std::string text = with_options_taken_in(text_of("stintd.toml"));
    const std::vector<SourceText> files{{"stintd.toml", text}};
    (void)parse_config(files, faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, IsEmpty());
    const auto table = config::parse_toml(files.front(), faults);
    ASSERT_TRUE(table);
    Config defaults;
    for (const config::Option& option : config::options()) {
        const toml::node* node = table->at_path(std::string(option.table) + "." + std::string(option.key)).node();
        ASSERT_NE(node, nullptr) << option.table << "." << option.key << " is not in config/stintd.toml";
        EXPECT_THAT(text, HasSubstr("\n" + std::string(option.key) + " = " + config::to_toml(option.rule, defaults) + "\n")) << option.table;
    }
}

TEST(Shipped, PolicyExampleFitsTheConfiguration) {
    Faults faults;
    const std::vector<SourceText> files{{"stintd.toml", with_options_taken_in(text_of("stintd.toml"))}};
    const std::vector<SourceText> examples{{"ehr.toml", text_of("policy.d/ehr.toml.example")}};
    const Config config = parse_config(files, faults);
    PolicySource source;
    const Policy policy = parse_policy(examples, config.roles, faults, &source);
    check_together(config, policy, source, faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, IsEmpty());
    ASSERT_EQ(policy.entitlements.size(), 1U);
    // What is lent is what the plugin may write.
    const auto& managed = config.directory.settings.at("managed_groups").as_array();
    for (const GroupName& group : policy.entitlements[0].groups)
        EXPECT_TRUE(std::any_of(managed.begin(), managed.end(), [&](const auto& one) { return one.as_string() == group.value; })) << group.value;
}

TEST(Shipped, PolicyFolderLendsNothingAsItIs) {
    Faults faults;
    const Folder folder;
    EXPECT_THAT(load_policy(installed(folder, "policy.d", "policy.d"), {}, faults).entitlements, IsEmpty());
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, ElementsAre("the policy has no entitlement: nothing can be lent"));
}

TEST(Shipped, DemoIsWholeAndSatisfiable) {
    const Folder folder;
    const auto file = folder.write("stintd.toml", replaced_all(replaced_all(text_of("demo/stintd.toml.in"), "@FOLDER@", folder.path().string()), "@PLUGINS@", "/usr/lib/stint/plugins"));
    Faults faults;
    PolicySource source;
    const Config config = load_config(file, faults);
    const Policy policy = load_policy(installed(folder, "demo/policy.d", "policy.d"), config.roles, faults, &source);
    check_together(config, policy, source, faults);
    check_satisfiable(policy, demo_directory(), faults, source);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, IsEmpty());
    ASSERT_NE(policy.find(EntitlementName("ehr-password-reset")), nullptr);
    EXPECT_EQ(policy.find(EntitlementName("ehr-password-reset"))->duration.max, std::chrono::hours(2));
}

TEST(Shipped, DemoTicketsAreWhatTheStoryTells) {
    Faults faults;
    const auto file = config::parse_toml({"tickets.toml", text_of("demo/tickets.toml")}, faults);
    ASSERT_TRUE(file);
    std::map<std::string, std::string> tickets;
    for (const toml::node& node : *file->get_as<toml::array>("ticket")) {
        const toml::table& ticket = *node.as_table();
        tickets[ticket["id"].value_or<std::string>("")] = ticket["state"].value_or<std::string>("") + " " + ticket["assignee"].value_or<std::string>("");
    }
    EXPECT_EQ(tickets["INC0001"], "open ada");
    EXPECT_EQ(tickets["INC0002"], "closed ada");
}
