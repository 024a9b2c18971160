// The ports over a plugin: what is sent, what is understood, and that nonsense is not.
#include "plugin_host/remote_directory.hpp"
#include "plugin_host/remote_notifier.hpp"
#include "plugin_host/remote_ticket_system.hpp"
#include "plugin_world.hpp"

#include <boost/json/serialize.hpp>

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using plugin_host::Impact;

class Remote : public PluginWorld {
protected:
    // A plugin that answers every call with `result` (Python), which may use `p`, the parameters.
    std::shared_ptr<PluginProcess> answering(const std::string& result, const std::string& kind = "directory") {
        PluginSpec spec = spec_for(python("greet(kind='" + kind + "')\ndef h(q):\n    p = q['params']\n    note('calls', q['method'] + ' ' + json.dumps(p, sort_keys=True))\n    answer(q, " + result + ")\nserve(h)"));
        spec.kind = kind;
        const auto plugin = start(spec);
        bring_up(plugin);
        return plugin;
    }
    template <class T>
    std::optional<FaultKind> fault(boost::asio::awaitable<T> work) {
        try {
            static_cast<void>(run(std::move(work)));
            return std::nullopt;
        } catch (const Fault& thrown) {
            return thrown.kind();
        }
    }
    const PersonRef ada{PersonId("id-ada"), Login("ada"), "Ada Osei", "ada@example.org"};
};

const std::string person = "{'id': 'id-ada', 'login': 'ada', 'name': 'Ada', 'mail': '', 'manager': 'ben', 'enabled': True, 'groups': [{'id': 'g1', 'name': 'cn=g'}, {'id': 'g2', 'name': 'cn=h', 'indirect': True}]}";

TEST_F(Remote, a_person_is_understood) {
    RemoteDirectory directory(answering("{'person': " + person + ", 'extra': 1}"));
    const Person found = run(directory.person_by_login(Login("ada")));
    EXPECT_EQ(found.ref, (PersonRef{PersonId("id-ada"), Login("ada"), "Ada", ""}));
    EXPECT_TRUE(found.is_enabled);
    ASSERT_EQ(found.groups.size(), 2U);
    EXPECT_EQ(found.groups[0], (GroupRef{GroupId("g1"), GroupName("cn=g")}));
    EXPECT_EQ(found.indirect_groups, (std::vector<GroupRef>{{GroupId("g2"), GroupName("cn=h")}}));
    EXPECT_EQ(run(directory.person_by_id(PersonId("id-ada"))).ref.login, Login("ada"));
    EXPECT_EQ(content("calls"), "person {\"login\": \"ada\"}\nperson {\"id\": \"id-ada\"}\n");
    EXPECT_EQ(fault(directory.person_by_id(PersonId("id-ben"))), FaultKind::broken);  // somebody else
}

TEST_F(Remote, a_login_nobody_can_have_is_not_even_asked_for) {
    RemoteDirectory directory(answering("{'person': " + person + "}"));
    using namespace std::string_literals;
    for (const std::string& login : {""s, "a\0b"s, "a\nb"s, "\x7f"s, std::string(257, 'a')})
        EXPECT_EQ(fault(directory.person_by_login(Login(login))), FaultKind::not_found);
    EXPECT_EQ(content("calls"), "");
}

TEST_F(Remote, a_person_that_makes_no_sense_is_broken) {
    for (const std::string change : {"'id': ''", "'id': 7", "'id': 'x' * 513", "'login': ''", "'login': 'x' * 257", "'name': None", "'name': 'x' * 1025", "'enabled': 'yes'", "'enabled': 1",
                                     "'groups': {}", "'groups': ['g']", "'groups': [{'id': 'g'}]", "'groups': [{'id': '', 'name': 'g'}]", "'mail': None"}) {
        RemoteDirectory directory(answering("{'person': {**" + person + ", " + change + "}}"));
        EXPECT_EQ(fault(directory.person_by_login(Login("ada"))), FaultKind::broken) << change;
    }
    for (const std::string missing : {"id", "login", "name", "mail", "manager", "enabled", "groups"}) {
        RemoteDirectory directory(answering("{'person': {k: v for k, v in " + person + ".items() if k != '" + missing + "'}}"));
        EXPECT_EQ(fault(directory.person_by_login(Login("ada"))), FaultKind::broken) << missing;
    }
}

TEST_F(Remote, a_group_is_understood_or_broken) {
    RemoteDirectory directory(answering("{'group': {'id': 'g1', 'name': 'cn=g', 'managed': True, 'may_be_empty': False, 'kind': 'groupOfNames'}}"));
    const Group group = run(directory.group(GroupName("cn=g")));
    EXPECT_EQ(group.ref.id, GroupId("g1"));
    EXPECT_TRUE(group.is_managed);
    EXPECT_FALSE(group.may_be_empty);
    EXPECT_EQ(content("calls"), "group {\"name\": \"cn=g\"}\n");
    for (const std::string wrong : {"{}", "{'group': 1}", "{'group': {'id': 'g1', 'name': 'cn=g', 'managed': 'true', 'may_be_empty': False, 'kind': ''}}"})
        EXPECT_EQ(fault(RemoteDirectory(answering(wrong)).group(GroupName("g"))), FaultKind::broken) << wrong;
}

TEST_F(Remote, members_come_in_pages) {
    RemoteDirectory directory(answering("{'members': [{'id': '1', 'login': 'a', 'name': '', 'mail': '', 'enabled': True}] * 500, **({} if 'cursor' in p else {'cursor': 'c1'})}"));
    const MembersPage first = run(directory.members(GroupId("g"), std::nullopt));
    EXPECT_EQ(first.members.size(), 500U);
    ASSERT_EQ(first.cursor, "c1");
    EXPECT_EQ(run(directory.members(GroupId("g"), first.cursor)).cursor, std::nullopt);
    EXPECT_EQ(content("calls"), "members {\"group\": \"g\", \"limit\": 500}\nmembers {\"cursor\": \"c1\", \"group\": \"g\", \"limit\": 500}\n");
    for (const std::string wrong : {"{'members': [{'id': '1', 'login': 'a', 'name': '', 'mail': '', 'enabled': True}] * 501}", "{'members': [], 'cursor': ''}", "{'members': [], 'cursor': None}", "{'members': [1]}"})
        EXPECT_EQ(fault(RemoteDirectory(answering(wrong)).members(GroupId("g"), std::nullopt)), FaultKind::broken) << wrong;
    EXPECT_EQ(fault(RemoteDirectory(answering("{'members': [], 'cursor': 'c'}")).members(GroupId("g"), "c")), FaultKind::broken);  // would never end
}

TEST_F(Remote, a_write_tells_what_it_did_and_perhaps_what_it_read) {
    RemoteDirectory directory(answering("{'outcome': 'added' if q['method'] == 'add' else 'already_absent', 'server': 's1', **({'present': True} if q['method'] == 'add' else {})}"));
    const WriteAnswer added = run(directory.add(GroupId("g"), ada, Seconds(90)));
    EXPECT_EQ(added.outcome, WriteOutcome::changed);
    EXPECT_EQ(added.server, "s1");
    ASSERT_TRUE(added.read_back);
    EXPECT_TRUE(added.read_back->is_present);
    const WriteAnswer removed = run(directory.remove(GroupId("g"), ada));
    EXPECT_EQ(removed.outcome, WriteOutcome::already_so);
    EXPECT_FALSE(removed.read_back);
    EXPECT_EQ(content("calls"), "add {\"group\": \"g\", \"person\": \"id-ada\", \"ttl_s\": 90}\n"
                                "remove {\"group\": \"g\", \"person\": \"id-ada\", \"person_hint\": {\"login\": \"ada\", \"name\": \"Ada Osei\"}}\n");
    for (const std::string wrong : {"{}", "{'outcome': 'removed', 'server': ''}", "{'outcome': 'added'}", "{'outcome': 'added', 'server': 1}", "{'outcome': 'added', 'server': 's', 'present': 'yes'}", "{'outcome': True, 'server': 's'}"})
        EXPECT_EQ(fault(RemoteDirectory(answering(wrong)).add(GroupId("g"), ada, Seconds(1))), FaultKind::broken) << wrong;
    EXPECT_EQ(fault(RemoteDirectory(answering("{'outcome': 'added', 'server': ''}")).remove(GroupId("g"), ada)), FaultKind::broken);
}

TEST_F(Remote, a_read_back_is_yes_or_no_and_nothing_else) {
    const ReadBack back = run(RemoteDirectory(answering("{'present': False, 'server': 's2'}")).read_back(GroupId("g"), ada));
    EXPECT_FALSE(back.is_present);
    EXPECT_EQ(back.server, "s2");
    EXPECT_EQ(content("calls"), "read_back {\"group\": \"g\", \"person\": \"id-ada\", \"person_hint\": {\"login\": \"ada\", \"name\": \"Ada Osei\"}}\n");
    for (const std::string wrong : {"{}", "{'present': 0, 'server': 's'}", "{'present': None, 'server': 's'}", "{'present': 'false', 'server': 's'}", "{'present': True}"})
        EXPECT_EQ(fault(RemoteDirectory(answering(wrong)).read_back(GroupId("g"), ada)), FaultKind::broken) << wrong;
}

TEST_F(Remote, changes_behind_our_back_are_heard_and_odd_ones_survived) {
    testing::internal::CaptureStderr();
    {
        const auto plugin = start_python(
            "greet()\ndef h(q):\n    for m, p in [('changed', {'group': 'g1'}), ('changed', {}), ('changed', {'group': 7}), ('sung', {}), ('changed', {'group': 'g2'})]:\n"
            "        say({'jsonrpc': '2.0', 'method': m, 'params': p})\n    answer(q, {})\nserve(h)");
        RemoteDirectory directory(plugin);
        std::vector<std::string> heard;
        directory.on_changed([&](GroupId group) {
            heard.push_back(group.value);
            if (group.value == "g1") throw std::runtime_error("a careless handler");
        });
        bring_up(plugin);
        EXPECT_EQ(fault_of(plugin, "x", Impact::read), std::nullopt);
        EXPECT_EQ(heard, (std::vector<std::string>{"g1", "g2"}));
    }
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("plugin.odd_notification"), std::string::npos);
    EXPECT_EQ(log.find("plugin.odd_notification"), log.rfind("plugin.odd_notification"));
}

TEST_F(Remote, a_ticket_is_understood_or_broken) {
    const std::string ticket = "{'id': 'INC1', 'state': 'open', 'assignee': '', 'subject': 's', 'category': 'c', 'affected': 'a', 'closed': False}";
    RemoteTicketSystem tickets(answering("{'ticket': " + ticket + "}", "ticket"));
    const Ticket found = run(tickets.lookup(TicketId("INC1")));
    EXPECT_EQ(found.state, "open");
    EXPECT_TRUE(found.assignee.empty());
    EXPECT_FALSE(found.is_closed);
    run(tickets.note(TicketId("INC1"), "a note", "k1"));
    EXPECT_EQ(content("calls"), "lookup {\"ticket\": \"INC1\"}\nnote {\"key\": \"k1\", \"text\": \"a note\", \"ticket\": \"INC1\"}\n");
    for (const std::string change : {"'closed': 'no'", "'id': ''", "'state': 1", "'subject': 'x' * 4097"})
        EXPECT_EQ(fault(RemoteTicketSystem(answering("{'ticket': {**" + ticket + ", " + change + "}}", "ticket")).lookup(TicketId("INC1"))), FaultKind::broken) << change;
}

TEST_F(Remote, a_notice_travels_whole) {
    RemoteNotifier notifier(answering("{}", "notify"));
    Notice notice{"ready", RequestId{7}, {ada}, "Subject", {"line 1", "line 2"}, {"stint show 7"}, "", Utc(std::chrono::seconds(1'700'000'000))};
    run(notifier.deliver(notice, "key-1"));
    EXPECT_EQ(content("calls"),
              "deliver {\"key\": \"key-1\", \"notice\": {\"commands\": [\"stint show 7\"], \"kind\": \"ready\", \"lines\": [\"line 1\", \"line 2\"], \"link\": \"\", "
              "\"recipients\": [{\"login\": \"ada\", \"mail\": \"ada@example.org\", \"name\": \"Ada Osei\"}], \"request\": 7, \"sent_at\": \"2023-11-14T22:13:20Z\", "
              "\"subject\": \"Subject\"}}\n");
    EXPECT_EQ(notifier.name(), "odd");
}

}  // namespace
}  // namespace stint::test
