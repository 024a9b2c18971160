// Settings: what is taken, and that each refusal names its key.
#include "plugins/directory-ldap/settings.hpp"

#include "plugins/sdk/plugin.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace stint::directory_ldap {
namespace {

namespace json = boost::json;

class LdapSettings : public testing::Test {
protected:
    void SetUp() override {
        auto pattern = (std::filesystem::temp_directory_path() / "stint-settings-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        write("password", "secret\n", 0600);
        write("empty", "\n", 0600);
        write("ca.pem", "not looked into here", 0644);
        good_ = json::parse(R"({
            "servers": ["ldaps://dc1.example.org", "ldaps://dc2.example.org:1636/"],
            "bind_dn": "cn=stint,dc=example,dc=org",
            "people": {"base": "ou=people,dc=example,dc=org"},
            "managed_groups": ["cn=a,ou=groups,dc=example,dc=org", "cn=b,ou=groups,dc=example,dc=org"]
        })").as_object();
        good_["ca_file"] = folder_ + "/ca.pem";
        good_["bind_password_file"] = folder_ + "/password";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& name, const std::string& text, mode_t mode) {
        std::ofstream(folder_ + "/" + name) << text;
        ::chmod((folder_ + "/" + name).c_str(), mode);
    }

    json::object with(const std::string& key, json::value value) {
        auto changed = good_;
        changed[key] = std::move(value);
        return changed;
    }

    void expect_refused(const json::object& settings, const std::string& word) {
        try {
            (void)read_settings(settings);
            ADD_FAILURE() << "taken: " << json::serialize(settings);
        } catch (const sdk::PluginError& error) {
            EXPECT_EQ(error.reason(), sdk::Reason::invalid_params);
            EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
        }
    }

    std::string folder_;
    json::object good_;
};

TEST_F(LdapSettings, GoodOnesAreTaken) {
    const auto settings = read_settings(good_);
    ASSERT_EQ(settings.servers.size(), 2U);
    EXPECT_EQ(settings.servers[0].host, "dc1.example.org");
    EXPECT_EQ(settings.servers[0].port, 636);
    EXPECT_EQ(settings.servers[1].url, "ldaps://dc2.example.org:1636");
    EXPECT_EQ(settings.servers[1].port, 1636);
    EXPECT_EQ(settings.groups_base, "dc=example,dc=org");
    EXPECT_EQ(settings.people.login, "") << "what the kind of directory uses";
    EXPECT_EQ(settings.flavour, "auto");
    EXPECT_EQ(settings.operation_timeout, std::chrono::seconds(10));
    EXPECT_EQ(settings.window, 64);
    EXPECT_EQ(settings.proof, Proof::password);
}

TEST_F(LdapSettings, PlainLdapIsRefusedWithoutStartTls) {
    auto plain = with("servers", json::array{"ldap://dc1.example.org"});
    expect_refused(plain, "starttls");
    plain["starttls"] = true;
    EXPECT_EQ(read_settings(plain).servers[0].transport, Transport::starttls);
}

TEST_F(LdapSettings, LdapiNeedsNoTlsAndAnAbsolutePath) {
    auto local = with("servers", json::array{"ldapi://%2Frun%2Fslapd%2Fldapi"});
    local.erase("ca_file");
    const auto settings = read_settings(local);
    EXPECT_EQ(settings.servers[0].transport, Transport::ldapi);
    EXPECT_EQ(settings.servers[0].host, "/run/slapd/ldapi");
    local["servers"] = json::array{"ldapi://slapd"};
    expect_refused(local, "absolute");
}

TEST_F(LdapSettings, EveryServerIsChecked) {
    for (const auto* url : {"http://x", "dc1", "ldaps://", "ldaps://h/dc=x", "ldaps://h/??sub", "", "ldaps://h:99999999"})
        expect_refused(with("servers", json::array{url}), "servers");
    expect_refused(with("servers", json::array{}), "servers");
    expect_refused(with("servers", "ldaps://h"), "servers");
    expect_refused(with("servers", json::array{"ldaps://h", "ldaps://h/"}), "twice");
}

TEST_F(LdapSettings, SomebodyMustBeBoundAndProved) {
    expect_refused(with("bind_password_file", json::value(folder_ + "/empty")), "empty");
    expect_refused(with("bind_dn", ""), "bind_dn");
    expect_refused(with("bind_dn", "stint"), "bind_dn");
    auto none = good_;
    none.erase("bind_password_file");
    expect_refused(none, "bind_password");
    none.erase("bind_dn");
    expect_refused(none, "bind_dn");
    none["sasl"] = "EXTERNAL";
    expect_refused(none, "cert_file");
    none["cert_file"] = none["key_file"] = none["ca_file"];
    EXPECT_EQ(read_settings(none).proof, Proof::external);
    expect_refused(with("sasl", "EXTERNAL"), "sasl");
    expect_refused(with("sasl", "PLAIN"), "sasl");
}

TEST_F(LdapSettings, KerberosNeedsAKeytabThatNobodyElseReads) {
    auto kerberos = good_;
    for (const auto* key : {"bind_dn", "bind_password_file", "ca_file"}) kerberos.erase(key);
    kerberos["sasl"] = "GSSAPI";
    kerberos["servers"] = json::array({"ldap://dc1.example.org"});
    expect_refused(kerberos, "keytab_file");
    write("stint.keytab", std::string("\x05\x02\0\0", 4), 0640);
    kerberos["keytab_file"] = folder_ + "/stint.keytab";
    expect_refused(kerberos, "chmod 0600");
    ::chmod((folder_ + "/stint.keytab").c_str(), 0600);
    const auto settings = read_settings(kerberos);
    EXPECT_EQ(settings.proof, Proof::keytab);
    EXPECT_EQ(settings.servers[0].transport, Transport::sealed);
    auto changed = kerberos;
    changed["servers"] = json::array({"ldaps://dc1.example.org"});
    expect_refused(changed, "ldap://");
    changed = kerberos;
    changed["starttls"] = true;
    expect_refused(changed, "starttls");
    changed = kerberos;
    changed["bind_dn"] = "cn=stint,dc=example,dc=org";
    expect_refused(changed, "bind_dn");
    expect_refused(with("keytab_file", json::value(folder_ + "/stint.keytab")), "GSSAPI");
}

TEST_F(LdapSettings, ASecretThatOthersCanReadIsRefused) {
    write("password", "secret\n", 0644);
    expect_refused(good_, "password");
}

TEST_F(LdapSettings, TlsNeedsItsAuthority) {
    auto none = good_;
    none.erase("ca_file");
    expect_refused(none, "ca_file");
    expect_refused(with("ca_file", json::value(folder_ + "/nowhere.pem")), "ca_file");
    expect_refused(with("cert_file", json::value(folder_ + "/ca.pem")), "key_file");
}

TEST_F(LdapSettings, GroupsAndPeopleAreChecked) {
    expect_refused(with("managed_groups", json::array{}), "managed_groups");
    expect_refused(with("managed_groups", json::array{"admins"}), "managed_groups");
    expect_refused(with("managed_groups", json::array{"cn=a,dc=org", "CN=A, dc=org"}), "twice");
    expect_refused(with("groups", json::object{{"base", "ou=elsewhere,dc=org"}}), "groups.base");
    expect_refused(with("groups", json::object{{"bas", "dc=org"}}), "bas");
    expect_refused(with("people", json::object{}), "people.base");
    expect_refused(with("people", json::object{{"base", "dc=org"}, {"login", "u i d"}}), "people.login");
    expect_refused(with("people", json::object{{"base", "dc=org"}, {"disabled_filter", "x=y"}}), "disabled_filter");
    auto apart = with("people", json::object{{"base", "dc=com"}});
    expect_refused(apart, "groups.base");
}

TEST_F(LdapSettings, TimesWindowAndFlavourAreBounded) {
    for (const json::value& bad : {json::value("0s"), json::value("1h"), json::value("soon"), json::value(5)})
        expect_refused(with("operation_timeout", bad), "operation_timeout");
    EXPECT_EQ(read_settings(with("connect_timeout", "2s")).connect_timeout, std::chrono::seconds(2));
    for (const json::value& bad : {json::value(0), json::value(513), json::value("64"), json::value(-1)}) expect_refused(with("window", bad), "window");
    for (const auto* flavour : {"openldap", "active-directory", "389ds"}) EXPECT_EQ(read_settings(with("flavour", flavour)).flavour, flavour);
    expect_refused(with("flavour", "x500"), "flavour");
    expect_refused(with("flavour", "Active-Directory"), "\"active-directory\"");
    expect_refused(with("sevrers", true), "servers");
}

}  // namespace
}  // namespace stint::directory_ldap
