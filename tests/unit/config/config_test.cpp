// stintd.toml: what is read, what is refused, and in which words.
#include "config/config.hpp"

#include "texts.hpp"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

using namespace stint;
using namespace stint::test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

std::vector<std::string> errors_of(const std::string& text) {
    Faults faults;
    (void)config_of(text, faults);
    return faults.errors;
}

}  // namespace

TEST(Config, DefaultsStand) {
    Faults faults;
    const Config config = config_of(least, faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, IsEmpty());
    EXPECT_EQ(config.listen.socket, "/run/stint/stint.sock");
    EXPECT_FALSE(config.listen.act_as);
    EXPECT_EQ(config.directory.program, "directory-embedded");
    EXPECT_EQ(config.directory_times.settle, 30s);
    EXPECT_FALSE(config.ticket);
    EXPECT_THAT(config.notify, IsEmpty());
}

TEST(Config, ReadsEveryOption) {
    Faults faults;
    const Config config = config_of(R"(
[listen]
socket = "/tmp/s.sock"
act_as = true
connections_per_uid = 1000
requests_per_minute = 1
[store]
path = "/tmp/stint.db"
[policy]
folder = "/tmp/policy"
[plugins]
folder = "/tmp/plugins"
[directory]
plugin = "/opt/stint/directory-embedded"
operation_timeout = "20s"
settle = "45s"
[directory.settings]
file = "/tmp/directory.toml"
people = { base = "ou=people", login = "uid" }
ports = [1, 2.5, true, 2026-11-22T23:42:08Z, 2026-11-22]
[ticket]
socket = "/run/stint/plugins/ticket.sock"
[[notify]]
plugin = "notify-inbox"
settings = { folder = "/tmp/inbox" }
[[notify]]
plugin = "notify-smtp"
[roles]
auditor = ["cn=audit", "cn=compliance"]
security = []
[log]
level = "debug"
)", faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_EQ(config.listen.socket, "/tmp/s.sock");
    EXPECT_TRUE(config.listen.act_as);
    EXPECT_EQ(config.listen.connections_per_uid, 1000);
    EXPECT_EQ(config.listen.requests_per_minute, 1);
    EXPECT_EQ(config.store.path, "/tmp/stint.db");
    EXPECT_EQ(config.policy.folder, "/tmp/policy");
    EXPECT_EQ(config.plugins.folder, "/tmp/plugins");
    EXPECT_EQ(config.directory_times.operation_timeout, 20s);
    EXPECT_EQ(config.directory_times.settle, 45s);
    EXPECT_EQ(boost::json::serialize(config.directory.settings),
              R"({"file":"/tmp/directory.toml","people":{"base":"ou=people","login":"uid"},"ports":[1,2.5E0,true,"2026-11-22T23:42:08Z","2026-11-22"]})");
    ASSERT_TRUE(config.ticket);
    EXPECT_EQ(config.ticket->socket, "/run/stint/plugins/ticket.sock");
    ASSERT_EQ(config.notify.size(), 2U);
    EXPECT_EQ(config.notify[1].program, "notify-smtp");
    EXPECT_THAT(config.roles.auditor, ElementsAre(GroupName("cn=audit"), GroupName("cn=compliance")));
    EXPECT_EQ(config.log.level, "debug");
}

TEST(Config, TellsUnknownKeysWithTheNearestRightOne) {
    EXPECT_THAT(errors_of("[listen]\nscoket = \"/x\"\n[direcotry]\nplugin = \"x\"\n[store]\ncolour = 1\n"),
                ElementsAre("stintd.toml:2: unknown key `listen.scoket`; did you mean `socket`?",
                            "stintd.toml:6: unknown key `store.colour`",
                            "stintd.toml:3: unknown table `direcotry`; did you mean `directory`?",
                            "stintd.toml:1: `directory` is missing"));
}

TEST(Config, TellsWrongTypesAndRanges) {
    EXPECT_THAT(errors_of(least + "operation_timeout = 10\nsettle = \"soon\"\n[listen]\nsocket = 1\nact_as = \"yes\"\nconnections_per_uid = 0\nrequests_per_minute = 1.5\n"
                                  "[store]\npath = \"stint.db\"\n[roles]\nauditor = \"cn=a\"\nsecurity = [\"a\", \"a\", 1, \"\", \" b\"]\n[log]\nlevel = \"warn\"\n[policy]\nfolder = []\n"),
                ElementsAre("stintd.toml:6: `listen.socket` must be a text, not a number",
                            "stintd.toml:7: `listen.act_as` must be true or false, not a text",
                            "stintd.toml:8: `listen.connections_per_uid` must be from 1 to 1000, not 0",
                            "stintd.toml:9: `listen.requests_per_minute` must be a whole number, not a number with a point",
                            "stintd.toml:11: `store.path` must be an absolute path: begin it with /",
                            "stintd.toml:18: `policy.folder` must be a text, not a list",
                            "stintd.toml:13: `roles.auditor` must be a list of texts, not a text",
                            "stintd.toml:14: `roles.security` names `a` twice",
                            "stintd.toml:14: `roles.security` must be a text, not a number",
                            "stintd.toml:14: `roles.security` is empty",
                            "stintd.toml:14: `roles.security` begins or ends with a space",
                            "stintd.toml:16: `log.level` must be one of: debug, info, warning, error; did you mean `warning`?",
                            "stintd.toml:3: `directory.operation_timeout` must be a duration such as \"30m\" or \"1h30m\", not a number",
                            "stintd.toml:4: `directory.settle` is no duration: write it such as \"90s\", \"30m\" or \"1h30m\""));
}

TEST(Config, TellsWhatIsNotBuiltYet) {
    EXPECT_THAT(errors_of(least + "[listen]\nhttps = \"[::]:8443\"\n[[sink]]\nplugin = \"sink-syslog\"\n[privacy]\nscan = true\n"),
                ElementsAre("stintd.toml:5: `sink` is not there yet in this version: take it out",
                            "stintd.toml:7: `privacy` is not there yet in this version: take it out",
                            "stintd.toml:4: `listen.https` is not there yet in this version: take it out"));
}

TEST(Config, ActAsIsForTheEmbeddedDirectoryOnly) {
    EXPECT_THAT(errors_of("[listen]\nact_as = true\n[directory]\nplugin = \"directory-ldap\"\n"),
                ElementsAre("stintd.toml:2: `listen.act_as` lets one user play everybody, so it is for the demo's directory only: "
                            "take it out, or use plugin = \"directory-embedded\""));
    EXPECT_THAT(errors_of("[listen]\nact_as = true\n[directory]\nsocket = \"/run/directory-embedded\"\n"), Not(IsEmpty()));
    EXPECT_THAT(errors_of("[listen]\nact_as = false\n[directory]\nplugin = \"directory-ldap\"\n"), IsEmpty());
}

TEST(Config, SettleIsTwiceTheTimeoutAtLeast) {
    Faults faults;
    EXPECT_EQ(config_of(least + "operation_timeout = \"20s\"\n", faults).directory_times.settle, 40s);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(errors_of(least + "operation_timeout = \"20s\"\nsettle = \"39s\"\n"),
                ElementsAre("stintd.toml:4: `directory.settle` must be twice operation_timeout (20s) at least, not 39s"));
    (void)config_of(least + "operation_timeout = \"5s\"\nsettle = \"10s\"\n", faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_THAT(faults.warnings, ElementsAre("stintd.toml:4: `directory.settle` is under 30s: a write that the directory carries out late may be missed"));
}

TEST(Config, APluginIsAProgramOrASocket) {
    EXPECT_THAT(errors_of("[directory]\n"), ElementsAre("stintd.toml:1: `directory.plugin` is missing: name the program, or its `socket`"));
    EXPECT_THAT(errors_of("[directory]\nplugin = \"a\"\nsocket = \"/b\"\n"),
                ElementsAre("stintd.toml:2: `directory.plugin` and `socket` are both there: one of them says where the plugin is"));
    for (const char* name : {"../x", "bin/x", "-x", "X", "/x/"})
        EXPECT_THAT(errors_of("[directory]\nplugin = \"" + std::string(name) + "\"\n"), ElementsAre(HasSubstr("must be a name in the plugin folder"))) << name;
    EXPECT_THAT(errors_of(least + "[notify]\nplugin = \"notify-inbox\"\n"), ElementsAre("stintd.toml:3: `notify` must be a list of tables: [[notify]], not a table"));
    EXPECT_THAT(errors_of(least + "[[ticket]]\nplugin = \"ticket-rt\"\n"), ElementsAre("stintd.toml:3: `ticket` must be a table: [ticket], not a list"));
    EXPECT_THAT(errors_of(least + "[[notify]]\n[[notify]]\nplugin = \"a\"\nchannel = 1\n"),
                ElementsAre("stintd.toml:3: `notify[1].plugin` is missing: name the program, or its `socket`", "stintd.toml:6: unknown key `notify[2].channel`"));
    EXPECT_THAT(errors_of("directory = 1\n"), ElementsAre("stintd.toml:1: `directory` must be a table: [directory], not a number"));
}

TEST(Config, SocketFitsTheKernel) {
    EXPECT_THAT(errors_of(least + "[listen]\nsocket = \"/" + std::string(106, 'x') + "\"\n"), IsEmpty());
    EXPECT_THAT(errors_of(least + "[listen]\nsocket = \"/" + std::string(107, 'x') + "\"\n"), ElementsAre("stintd.toml:4: `listen.socket` is longer than 107 characters"));
    std::string wide = "/";
    for (int i = 0; i < 60; ++i) wide += "é";  // two bytes each
    EXPECT_THAT(errors_of(least + "[listen]\nsocket = \"" + wide + "\"\n"), ElementsAre("stintd.toml:4: `listen.socket` is longer than 107 bytes"));
}

TEST(Config, SecretsAreRefusedAndNeverRepeated) {
    const auto errors = errors_of(least + "[directory.settings]\nbind_password = \"hunter2\"\nbind_password_file = \"/etc/x\"\n[[notify]]\nplugin = \"n\"\nsettings = { deep = { api_Token = \"hunter2\" } }\n");
    EXPECT_THAT(errors, ElementsAre("stintd.toml:4: `settings.bind_password` is a secret, and secrets never stand in this file: name one in the credentials folder with "
                                    "`bind_password_credential`, or a file closed to all others with `bind_password_file`",
                                    HasSubstr("`settings.deep.api_Token` is a secret")));
    for (const std::string& error : errors) EXPECT_THAT(error, Not(HasSubstr("hunter2")));
}

TEST(Config, ASecretThatIsNoTextIsOneAllTheSame) {
    for (const std::string secret : {"123456", "1.5", "[\"hunter2\"]", "{ value = \"hunter2\" }", "2026-11-26"}) {
        const auto errors = errors_of(least + "settings = { bind_password = " + secret + " }\n");
        EXPECT_THAT(errors, ElementsAre(HasSubstr("stintd.toml:3: `settings.bind_password` is a secret"))) << secret;
        for (const std::string& error : errors) EXPECT_THAT(error, Not(HasSubstr("123456")));
    }
    EXPECT_THAT(errors_of(least + "settings = { require_token = true }\n"), IsEmpty());
}

TEST(Config, SettingsHoldOnlyWhatJsonCan) {
    EXPECT_THAT(errors_of(least + "settings = { a = inf, b = [nan], c = -0.0, d = 9223372036854775807 }\n"),
                ElementsAre("stintd.toml:3: `settings.a` is no finite number, which no plugin can be told", "stintd.toml:3: `settings.b` is no finite number, which no plugin can be told"));
}

TEST(Config, WhatIsNoTomlIsSaidOnceAndNothingElseIsGuessed) {
    EXPECT_THAT(errors_of("[listen\n"), ElementsAre(HasSubstr("stintd.toml:1: is not TOML: ")));
    EXPECT_THAT(errors_of("a = 1\na = 2\n"), ElementsAre(HasSubstr("stintd.toml:2: is not TOML: ")));
    EXPECT_THAT(errors_of("[listen]\nsocket = \"\xff\"\n"), ElementsAre(HasSubstr("stintd.toml:2: is not TOML: ")));
    EXPECT_THAT(errors_of("\n\x1b[31m = 1"), ElementsAre("stintd.toml:2: a control character, which TOML does not allow"));
    EXPECT_THAT(errors_of(std::string("key\0 = 1", 8)), ElementsAre("stintd.toml:1: a control character, which TOML does not allow"));
    EXPECT_THAT(errors_of("a = \"\x7f\""), ElementsAre("stintd.toml:1: a control character, which TOML does not allow"));
    EXPECT_THAT(errors_of("\u202E = 1"), ElementsAre(Not(HasSubstr("\u202E"))));
}

TEST(Config, TheParserIsNeverLedAstray) {
    // Each of these leads toml++ 3.3 to code that it marks as unreachable.
    EXPECT_THAT(errors_of("a\n\uFEDF"), ElementsAre("stintd.toml:2: a character that is not ASCII, outside of quotes and comments"));
    EXPECT_THAT(errors_of("a = 1 \uFEDF"), ElementsAre(HasSubstr("not ASCII")));
    EXPECT_THAT(errors_of("a = \"\"\"\n\\\uFEDF\"\"\""), ElementsAre("stintd.toml:2: a character that is not ASCII right behind a backslash: put it on the line before"));
    EXPECT_THAT(errors_of("a = \"\"\"b \\  \n \n \uFEDF\"\"\""), ElementsAre("stintd.toml:3: a character that is not ASCII right behind a backslash: put it on the line before"));
    EXPECT_THAT(errors_of("a = +\"\uFEDF\""), ElementsAre("stintd.toml:1: a quote in the middle of a word"));
    EXPECT_THAT(errors_of("\xEF\xBB\xBF\"a\" = {\"b\"=[\"c\",'d'], e.\"f\"='''g'''}"), ElementsAre(HasSubstr("unknown table `a`"), HasSubstr("`directory` is missing")));
    // And these are TOML.
    EXPECT_THAT(errors_of("\xEF\xBB\xBF# \u00e9\n" + least + "settings = { a = \"\u00e9\", \"\u00e9\" = '\u00e9', c = [\n [1], ['x'],\n[2]\n], d = \"\"\"\n\u00e9\\\\\u00e9 \\\n  e\\\"\"\"\"\"\" }\n[ \"log\" ]\n"), IsEmpty());
}

TEST(Config, NestingIsBounded) {
    std::string dotted = "a";
    for (int i = 0; i < 200000; ++i) dotted += ".a";
    EXPECT_THAT(errors_of("\n" + dotted + " = 1\n"), ElementsAre("stintd.toml:2: more than 64 dots in one line: write it flatter"));
    EXPECT_THAT(errors_of("a = " + std::string(100000, '[')), ElementsAre("stintd.toml:1: brackets nested deeper than 16: write it flatter"));
    EXPECT_THAT(errors_of("[[" + dotted + "]]"), ElementsAre(HasSubstr("dots")));
    // What stands in strings and comments is not counted.
    const std::string quiet = std::string(200, '.') + std::string(200, '[');
    EXPECT_THAT(errors_of(least + "# " + quiet + "\nsettings = { a = \"" + quiet + "\", b = '" + quiet + "', c = \"\\\"" + quiet + "\", d = \"\"\"\n\"" + quiet + "\"\"\"\"\" }\n"), IsEmpty());
}

TEST(Config, DropInsWinKeyByKey) {
    Faults faults;
    const Config config = config_of({{"stintd.toml", least + "settings = { a = 1, b = { c = 1, d = 1 } }\n[listen]\nsocket = \"/a\"\nconnections_per_uid = 5\n[[notify]]\nplugin = \"one\"\n[[notify]]\nplugin = \"two\"\n"},
                                     {"stintd.toml.d/10.toml", "listen.socket = \"/b\"\n[directory.settings]\nb.c = 2\n[[notify]]\nplugin = \"three\"\n"},
                                     {"stintd.toml.d/20.toml", "[listen]\nsocket = \"/c\"\n[ticket]\nplugin = \"t\"\n"}},
                                    faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_EQ(config.listen.socket, "/c");
    EXPECT_EQ(config.listen.connections_per_uid, 5);
    EXPECT_EQ(boost::json::serialize(config.directory.settings), R"({"a":1,"b":{"c":2,"d":1}})");
    ASSERT_EQ(config.notify.size(), 1U);
    EXPECT_EQ(config.notify[0].program, "three");
    EXPECT_TRUE(config.ticket);
}

TEST(Config, FaultsOfDropInsNameTheDropIn) {
    Faults faults;
    (void)config_of({{"stintd.toml", least + "[listen]\nsocket = \"/a\"\n"}, {"stintd.toml.d/10.toml", "\n\n[listen]\nsocket = \"b\"\nsokcet = 1\n"}, {"stintd.toml.d/20.toml", "listen = 3 3"}}, faults);
    EXPECT_THAT(faults.errors, ElementsAre(HasSubstr("stintd.toml.d/20.toml:1: is not TOML: "), "stintd.toml.d/10.toml:4: `listen.socket` must be an absolute path: begin it with /",
                                           "stintd.toml.d/10.toml:5: unknown key `listen.sokcet`; did you mean `socket`?"));
}

TEST(Config, IsShownWithoutSecrets) {
    Faults faults;
    Config config = config_of(least + "settings = { url = \"https://ada:hunter2@example.org/x\", bind_password_file = \"/etc/p\" }\n[[notify]]\nplugin = \"notify-inbox\"\n[roles]\nauditor = [\"cn=\\\"a\\\"\"]\n", faults);
    config.directory.settings["inner"] = {{"api_token", "hunter2"}, {"list", {"smtp://hunter2@mail"}}};
    config.directory.settings["odd"] = "\u202Ehunter\u009b";
    const std::string text = redacted(config);
    EXPECT_THAT(text, Not(HasSubstr("hunter2")));
    EXPECT_THAT(text, Not(HasSubstr("\u202E")));
    EXPECT_THAT(text, HasSubstr("example.org"));
    EXPECT_THAT(text, HasSubstr("/etc/p"));
    EXPECT_THAT(text, HasSubstr("[directory]\nplugin = \"directory-embedded\"\n"));
    EXPECT_THAT(text, HasSubstr("[[notify]]\nplugin = \"notify-inbox\"\n"));
    EXPECT_THAT(text, HasSubstr("auditor = [\"cn=\\\"a\\\"\"]\n"));
    EXPECT_THAT(text, HasSubstr("settle = \"30s\"\n"));
}

TEST(Config, ShownWithoutSettingsComesBack) {
    Faults faults;
    const Config config = config_of(least + "[listen]\nact_as = true\n[ticket]\nsocket = \"/t\"\n[roles]\nsecurity = [\"a\\\\b\"]\n", faults);
    const Config again = config_of(redacted(config), faults);
    EXPECT_THAT(faults.errors, IsEmpty());
    EXPECT_EQ(redacted(again), redacted(config));
}

TEST(Config, EveryOptionIsDescribed) {
    const std::string text = describe_options();
    for (const char* part : {"[listen]\n", "[[notify]]\n", "  requests_per_minute  (whole number, 1 to 100000)\n", "      Default: 120\n",
                             "  operation_timeout  (duration, 1s to 5m)\n", "      Default: \"10s\"\n", "  level  (one of: debug, info, warning, error)\n"})
        EXPECT_THAT(text, HasSubstr(part));
    EXPECT_THAT(text, Not(HasSubstr("  \n")));
}
