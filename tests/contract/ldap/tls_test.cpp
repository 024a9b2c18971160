// How it connects: three transports, two ways to prove who it is, and every way in which trust must be refused.
#include "tests/contract/ldap/world.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace stint::testing {
namespace {

class LdapTls : public ::testing::Test {
protected:
    static void SetUpTestSuite() { slapd_ = new Slapd; }
    static void TearDownTestSuite() {
        delete slapd_;
        slapd_ = nullptr;
    }
    static void expect_works(const json::object& settings) {
        LdapPlugin plugin(settings);
        const auto group = plugin.group_id("ehr-reset"), ada = plugin.person_id("ada");
        EXPECT_EQ(told(plugin.add(group, ada)), "added present");
        EXPECT_EQ(told(plugin.remove(group, ada)), "removed absent");
    }
    /// Initialises, since the settings are in order, and then cannot reach the server.
    static std::string why_unreachable(const json::object& settings, RunHow how = {}) {
        LdapPlugin plugin(settings, std::move(how));
        const auto failure = plugin.fail("person", {{"login", "ada"}});
        EXPECT_EQ(failure.reason, "unreachable") << failure.message;
        return failure.message;
    }
    static json::object external(json::object settings) {
        settings.erase("bind_dn");
        settings.erase("bind_password_file");
        settings["sasl"] = "EXTERNAL";
        return settings;
    }
    static Slapd* slapd_;
};
Slapd* LdapTls::slapd_ = nullptr;

TEST_F(LdapTls, LdapsWorksAndIsLogged) {
    LdapPlugin plugin(settings_for(*slapd_));
    plugin.person_id("ada");
    plugin.wait_for_log("connected to " + slapd_->ldaps_url() + " (TLS1.", 2);
}

TEST_F(LdapTls, StartTlsWorks) {
    auto settings = settings_for(*slapd_, {slapd_->starttls_url()});
    settings["starttls"] = true;
    expect_works(settings);
    LdapPlugin plugin(settings);
    plugin.person_id("ada");
    plugin.wait_for_log("connected to " + slapd_->starttls_url() + " (TLS1.");
}

TEST_F(LdapTls, PlainLdapIsRefusedAtOnce) {
    PluginClient plugin;
    const auto failure = plugin.initialize_fails(settings_for(*slapd_, {slapd_->starttls_url()}));
    EXPECT_EQ(failure.code, -32602);
    EXPECT_NE(failure.message.find("in the clear"), std::string::npos) << failure.message;
}

TEST_F(LdapTls, LdapiWithExternalWorks) {
    auto settings = external(settings_for(*slapd_, {slapd_->ldapi_url()}));
    settings.erase("ca_file");
    expect_works(settings);
}

TEST_F(LdapTls, ExternalByCertificateWorks) {
    auto settings = external(settings_for(*slapd_));
    settings["cert_file"] = Slapd::client_certificate_file();
    settings["key_file"] = Slapd::client_key_file();
    expect_works(settings);
    settings["servers"] = json::array{slapd_->starttls_url()};
    settings["starttls"] = true;
    expect_works(settings);
}

TEST_F(LdapTls, AServerOfAnotherAuthorityIsRefused) {
    Slapd stranger({.certificate = "stranger"});
    const auto why = why_unreachable(settings_for(stranger));
    EXPECT_NE(why.find("TLS was refused"), std::string::npos) << why;
    auto settings = settings_for(stranger, {stranger.starttls_url()});
    settings["starttls"] = true;
    (void)why_unreachable(settings);
    settings = settings_for(*slapd_);
    settings["ca_file"] = Slapd::stranger_ca_file();
    (void)why_unreachable(settings);
}

TEST_F(LdapTls, AServerOfAnotherNameIsRefused) {
    Slapd elsewhere({.certificate = "elsewhere"});
    const auto why = why_unreachable(settings_for(elsewhere));
    EXPECT_NE(why.find("certificate"), std::string::npos) << why;
    auto settings = settings_for(elsewhere, {elsewhere.starttls_url()});
    settings["starttls"] = true;
    (void)why_unreachable(settings);
}

TEST_F(LdapTls, AnAuthorityThatIsNoCertificateIsRefused) {
    const auto file = slapd_->folder() + "/garbage.pem";
    std::ofstream(file) << "garbage";
    auto settings = settings_for(*slapd_);
    settings["ca_file"] = file;
    (void)why_unreachable(settings);
}

/// The environment and the files that libldap reads by itself must not weaken what the settings say.
TEST_F(LdapTls, EnvironmentAndLdaprcHaveNoInfluence) {
    Slapd stranger({.certificate = "stranger"});
    const auto home = stranger.folder() + "/home";
    std::filesystem::create_directories(home);
    for (const auto* name : {"/ldaprc", "/.ldaprc", "/conf"})
        std::ofstream(home + name) << "TLS_REQCERT never\nTLS_CACERT " << Slapd::stranger_ca_file() << "\n";
    const RunHow hostile{.environment = {{"LDAPTLS_REQCERT", "never"},
                                         {"LDAPTLS_CACERT", Slapd::stranger_ca_file()},
                                         {"LDAPTLS_PROTOCOL_MIN", "3.0"},
                                         {"LDAPCONF", home + "/conf"},
                                         {"LDAPRC", "ldaprc"},
                                         {"HOME", home},
                                         {"LDAPREFERRALS", "on"}},
                         .folder = home};
    (void)why_unreachable(settings_for(stranger), hostile);
    LdapPlugin plugin(settings_for(*slapd_), hostile);
    EXPECT_EQ(plugin.person_id("ada"), slapd_->entry_uuid(Slapd::person_dn("ada")));
}

TEST_F(LdapTls, AWrongPasswordIsToldAndARotatedOneIsTaken) {
    const auto file = slapd_->folder() + "/rotated";
    std::ofstream(file) << "wrong\n";
    ::chmod(file.c_str(), 0600);
    auto settings = settings_for(*slapd_);
    settings["bind_password_file"] = file;
    LdapPlugin plugin(settings);
    const auto failure = plugin.fail("person", {{"login", "ada"}});
    EXPECT_EQ(failure.reason, "unreachable");
    EXPECT_NE(failure.message.find("(49)"), std::string::npos) << failure.message;
    EXPECT_EQ(failure.message.find("wrong"), std::string::npos) << "no secret in a message: " << failure.message;
    std::filesystem::copy_file(slapd_->password_file(), file, std::filesystem::copy_options::overwrite_existing);
    ::chmod(file.c_str(), 0600);
    plugin.wait_for_log("connected to ldaps://", 2);
    EXPECT_EQ(plugin.person_id("ada"), slapd_->entry_uuid(Slapd::person_dn("ada")));
    EXPECT_EQ(plugin.log().find("broker-password"), std::string::npos);
}

/// RFC 4513: a server may take a bind with an empty password as anonymous and call it a success.
TEST_F(LdapTls, AnEmptyPasswordIsRefusedBeforeAnythingIsSent) {
    const auto file = slapd_->folder() + "/empty";
    std::ofstream(file) << "";
    ::chmod(file.c_str(), 0600);
    auto settings = settings_for(*slapd_);
    settings["bind_password_file"] = file;
    PluginClient plugin;
    EXPECT_EQ(plugin.initialize_fails(settings).code, -32602);
}

TEST_F(LdapTls, AnUnknownSettingIsNamed) {
    auto settings = settings_for(*slapd_);
    settings["mangaed_groups"] = json::array{};
    PluginClient plugin;
    const auto failure = plugin.initialize_fails(settings);
    EXPECT_EQ(failure.code, -32602);
    EXPECT_NE(failure.message.find("managed_groups"), std::string::npos) << failure.message;
}

}  // namespace
}  // namespace stint::testing
