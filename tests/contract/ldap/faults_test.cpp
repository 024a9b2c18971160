// What is said when the server stops, hangs, dies half-way, or was never one. The rule: nothing is called done or
// not done that is not known, and nothing of unknown fate is sent again.
#include "tests/contract/ldap/world.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <set>
#include <string>

namespace stint::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

json::object impatient(json::object settings) {
    settings["operation_timeout"] = "1s";
    settings["connect_timeout"] = "1s";
    return settings;
}

std::string people_ldif(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
        const auto n = std::to_string(i);
        out += "dn: uid=p" + n + ",ou=people,dc=example,dc=test\nobjectClass: inetOrgPerson\nuid: p" + n + "\ncn: Person " + n + "\nsn: " + n + "\n\n";
    }
    return out + "dn: cn=bulk1,ou=groups,dc=example,dc=test\nobjectClass: groupOfNames\ncn: bulk1\nmember: cn=nobody,dc=example,dc=test\n\n";
}

/// Listens and never says a word.
class Mute {
public:
    Mute() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
        EXPECT_EQ(::listen(socket_, 16), 0);
        EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
        port_ = ntohs(address.sin_port);
    }
    ~Mute() { ::close(socket_); }
    Mute(const Mute&) = delete;
    Mute& operator=(const Mute&) = delete;
    [[nodiscard]] std::string url(const std::string& scheme) const { return scheme + "://127.0.0.1:" + std::to_string(port_); }

private:
    int socket_;
    int port_ = 0;
};

TEST(LdapFaults, AStoppedServerIsSeenAtOnceAndFoundAgain) {
    Slapd slapd;
    LdapPlugin plugin(impatient(settings_for(slapd)));
    const auto group = plugin.group_id("ehr-reset"), ada = plugin.person_id("ada");
    plugin.wait_for_log("connected to ldaps://", 2);
    const auto stopped_at = Clock::now();
    slapd.stop();
    plugin.wait_for_log("lost " + slapd.ldaps_url(), 2);
    EXPECT_LT(Clock::now() - stopped_at, 5s) << "without being asked anything";
    for (const auto* verb : {"add", "remove", "read_back"}) EXPECT_EQ(plugin.fail(verb, LdapPlugin::pair(group, ada)).reason, "unreachable") << verb;
    slapd.start();
    plugin.wait_for_log("connected to ldaps://", 4);
    EXPECT_EQ(told(plugin.add(group, ada)), "added present");
    EXPECT_EQ(told(plugin.remove(group, ada)), "removed absent");
}

TEST(LdapFaults, AServerThatIsDownIsNoReasonNotToStart) {
    Slapd slapd;
    slapd.stop();
    LdapPlugin plugin(impatient(settings_for(slapd)));
    EXPECT_EQ(plugin.fail("person", {{"login", "ada"}}).reason, "unreachable");
    slapd.start();
    plugin.wait_for_log("connected to ldaps://", 2);
    EXPECT_EQ(plugin.person_id("ada"), slapd.entry_uuid(Slapd::person_dn("ada")));
}

TEST(LdapFaults, AFrozenServerMakesReadsUnreachable) {
    Slapd slapd;
    LdapPlugin plugin(impatient(settings_for(slapd)));
    const auto group = plugin.group_id("ehr-reset"), ada = plugin.person_id("ada");
    plugin.add(group, ada);
    plugin.wait_for_log("connected to ldaps://", 2);
    slapd.pause();
    const auto asked_at = Clock::now();
    const int read = plugin.send("read_back", LdapPlugin::pair(group, ada));
    EXPECT_EQ(failure_in(plugin.answer(read)).reason, "unreachable");
    EXPECT_LT(Clock::now() - asked_at, 10s);
    slapd.resume();
    plugin.wait_for_log("connected to ldaps://", 3);
    EXPECT_TRUE(plugin.is_member(group, ada));
}

TEST(LdapFaults, AKilledServerLosesNothingThatWasCalledDone) {
    Slapd slapd({.more_ldif = people_ldif(500)});
    LdapPlugin plugin(impatient(settings_for(slapd)));
    const auto group = plugin.group_id("bulk1");
    std::map<int, int> sent;
    for (int i = 0; i < 500; ++i)
        sent[plugin.send("add", LdapPlugin::pair(group, slapd.entry_uuid(Slapd::person_dn("p" + std::to_string(i)))))] = i;
    (void)plugin.answer(sent.begin()->first);
    slapd.kill();
    std::set<int> done{0}, unknown;
    for (const auto& [id, number] : sent) {
        if (number == 0) continue;
        const auto response = plugin.answer(id);
        const auto reason = response.contains("result") ? "done" : failure_in(response).reason;
        EXPECT_TRUE(reason == "done" || reason == "unknown_outcome" || reason == "unreachable") << reason;
        if (reason == "done") done.insert(number);
        if (reason == "unknown_outcome") unknown.insert(number);
    }
    slapd.start();
    const auto members = slapd.values(Slapd::group_dn("bulk1"), "member");
    const std::set<std::string> there(members.begin(), members.end());
    for (int i = 0; i < 500; ++i) {
        const bool is_there = there.contains(Slapd::person_dn("p" + std::to_string(i)));
        if (unknown.contains(i)) continue;
        EXPECT_EQ(is_there, done.contains(i)) << i << ": called unreachable is never sent, called done is there";
    }
    plugin.wait_for_log("connected to ldaps://", 4);
    EXPECT_TRUE(plugin.is_member(group, slapd.entry_uuid(Slapd::person_dn("p0"))));
}

TEST(LdapFaults, FailsOverInOrderAndStays) {
    Slapd first, second;
    LdapPlugin plugin(impatient(settings_for(first, {first.ldaps_url(), second.ldaps_url()})));
    const auto group = plugin.group_id("ehr-reset"), ada = plugin.person_id("ada");
    EXPECT_EQ(plugin.add(group, ada).at("server").as_string(), first.ldaps_url());
    first.stop();
    const auto answer = plugin.add(group, ada);
    EXPECT_EQ(answer.at("server").as_string(), second.ldaps_url());
    EXPECT_EQ(told(answer), "added present");
    plugin.wait_for_log("failover from " + first.ldaps_url() + " to " + second.ldaps_url());
    first.start();
    EXPECT_EQ(plugin.remove(group, ada).at("server").as_string(), second.ldaps_url()) << "it stays where it is well";
    second.stop();
    EXPECT_EQ(plugin.call("read_back", LdapPlugin::pair(group, ada)).at("server").as_string(), first.ldaps_url());
}

TEST(LdapFaults, AServerThatNeverSpeaksIsLeftBehind) {
    Mute mute;
    Slapd slapd;
    LdapPlugin plugin(impatient(settings_for(slapd, {mute.url("ldaps"), slapd.ldaps_url()})));
    EXPECT_EQ(plugin.person_id("ada"), slapd.entry_uuid(Slapd::person_dn("ada")));
    auto settings = impatient(settings_for(slapd, {mute.url("ldap")}));
    settings["starttls"] = true;
    LdapPlugin alone(settings);
    const auto failure = alone.fail("person", {{"login", "ada"}});
    EXPECT_EQ(failure.reason, "unreachable");
    EXPECT_NE(failure.message.find("handshake"), std::string::npos) << failure.message;
}

TEST(LdapFaults, AThousandAdditionsGoThroughAndRemovalsDoNotWaitForThem) {
    Slapd slapd({.more_ldif = people_ldif(1000)});
    LdapPlugin plugin(settings_for(slapd));
    const auto group = plugin.group_id("bulk1"), kim = plugin.person_id("kim"), reset = plugin.group_id("ehr-reset");
    ASSERT_EQ(told(plugin.add(reset, kim)), "added present");
    std::vector<std::string> ids;
    for (int i = 0; i < 1000; ++i) ids.push_back(slapd.entry_uuid(Slapd::person_dn("p" + std::to_string(i))));
    const auto begun_at = Clock::now();
    std::vector<int> sent;
    for (const auto& id : ids) sent.push_back(plugin.send("add", LdapPlugin::pair(group, id)));
    EXPECT_EQ(told(plugin.remove(reset, kim)), "removed absent");
    const auto removed_after = Clock::now() - begun_at;
    for (const int id : sent) {
        const auto response = plugin.answer(id);
        ASSERT_TRUE(response.contains("result")) << json::serialize(response);
        EXPECT_EQ(told(response.at("result").as_object()), "added present");
    }
    const auto all_after = Clock::now() - begun_at;
    EXPECT_LT(removed_after, all_after / 2);
    RecordProperty("adds_per_second", static_cast<int>(1000 / std::chrono::duration<double>(all_after).count()));
    std::cout << "1,000 additions in " << std::chrono::duration_cast<std::chrono::milliseconds>(all_after).count() << " ms, a removal among them after "
              << std::chrono::duration_cast<std::chrono::milliseconds>(removed_after).count() << " ms\n";
    EXPECT_EQ(plugin.member_logins(group, 500).size(), 1000U);
    EXPECT_EQ(slapd.values(Slapd::group_dn("bulk1"), "member").size(), 1001U);
}

}  // namespace
}  // namespace stint::testing
