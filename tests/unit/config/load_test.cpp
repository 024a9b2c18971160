// Configuration and policy read together: all that is wrong is told at once, and what a running broker cannot take.
#include "config/config.hpp"

#include "texts.hpp"

#include <gmock/gmock.h>

using namespace stint;
using namespace stint::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Load, ConfigurationAndPolicyTellTheirFaultsTogether) {
    const Folder folder;
    const auto file = folder.write("stintd.toml", least + "[policy]\nfolder = \"" + (folder / "policy.d").string() + "\"\n[lgo]\n");
    folder.write("policy.d/a.toml", "colour = 1\n");
    Faults faults;
    EXPECT_FALSE(load_all(file, faults).is_configured);
    EXPECT_THAT(faults.errors, ElementsAre(HasSubstr("lgo"), HasSubstr("colour")));
}

TEST(Load, APolicyIsNotLookedForWhereTheConfigurationIsWrongAboutIt) {
    const Folder folder;
    for (const std::string wrong : {"folder = \"policy.d\"", "folder = 5"}) {
        Faults faults;
        (void)load_all(folder.write("stintd.toml", least + "[policy]\n" + wrong + "\n"), faults);
        EXPECT_THAT(faults.errors, ElementsAre(HasSubstr("policy.folder")));
    }
    Faults faults;
    (void)load_all(folder.write("stintd.toml", "[policy\n"), faults);
    EXPECT_EQ(faults.errors.size(), 1U);
}

TEST(Load, RolesKeepTheirPlaces) {
    const Folder folder;
    folder.write("policy.d/a.toml", "");
    Faults faults;
    const auto file = folder.write("stintd.toml", least + "[policy]\nfolder = \"" + (folder / "policy.d").string() + "\"\n[roles]\nauditor = [\"a\"]\n");
    folder.write("stintd.toml.d/1.toml", "roles.security = [\"b\"]\n");
    const Loaded loaded = load_all(file, faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_EQ(loaded.source.find(EntitlementName(), "roles.auditor").line, 6U);
    EXPECT_THAT(loaded.source.find(EntitlementName(), "roles.security").file, HasSubstr("1.toml"));
}

TEST(Load, ARunningBrokerCannotTakeOtherPlugins) {
    Faults faults;
    const std::string ticket = "[ticket]\nplugin = \"t\"\n", notify = "[[notify]]\nplugin = \"n\"\n";
    const Config running = config_of(least + ticket + notify, faults);
    EXPECT_THAT(tables_for_restart(running, running), IsEmpty());
    EXPECT_THAT(tables_for_restart(running, config_of(least + ticket + notify + "[roles]\nauditor = [\"a\"]\n[log]\nlevel = \"debug\"\n", faults)), IsEmpty());
    EXPECT_THAT(tables_for_restart(running, config_of(least + notify, faults)), ElementsAre("[ticket]"));
    EXPECT_THAT(tables_for_restart(running, config_of(least + ticket + notify + notify, faults)), ElementsAre("[[notify]]"));
    EXPECT_THAT(tables_for_restart(running, config_of(least + ticket + "[[notify]]\nplugin = \"n\"\nsettings = { a = 1 }\n", faults)), ElementsAre("[[notify]]"));
    EXPECT_THAT(tables_for_restart(running, config_of(least + "settle = \"60s\"\n" + ticket + notify, faults)), ElementsAre("[directory]"));
    EXPECT_THAT(tables_for_restart(running, config_of("[directory]\nplugin = \"d\"\n[plugins]\nfolder = \"/p\"\n", faults)),
                ElementsAre("[plugins]", "[directory]", "[ticket]", "[[notify]]"));
    EXPECT_THAT(faults.errors, IsEmpty());
}
