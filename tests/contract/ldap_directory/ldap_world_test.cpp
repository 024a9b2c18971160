// The world of the contract suite on a real OpenLDAP: a slapd per test, the plugin under the real host.
#include "plugin_host/remote_directory.hpp"
#include "tests/contract/directory_contract.hpp"
#include "tests/contract/running_plugin.hpp"
#include "tests/contract/slapd.hpp"

#include <boost/json/array.hpp>

#include <ldap.h>

#include <algorithm>
#include <stdexcept>

namespace stint::testing {
namespace {

constexpr auto people_base = "ou=people,dc=example,dc=test";

std::string dn_of(const std::string& login) {
    std::string escaped;
    for (const char letter : login) {
        if (std::string_view(",+\"\\<>;=#").find(letter) != std::string_view::npos) escaped += '\\';
        escaped += letter;
    }
    return Slapd::person_dn(escaped);
}

// The server's ACL lets the broker write to bulk1, so that is what `everyone` is called here.
std::string group_dn(const std::string& plain) { return Slapd::group_dn(plain == "everyone" ? "bulk1" : plain); }

// One spelling for a DN: servers escape as they like.
std::string canonical(const std::string& dn) {
    LDAPDN parsed = nullptr;
    char* text = nullptr;
    if (::ldap_str2dn(dn.c_str(), &parsed, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS) throw std::runtime_error("no DN: " + dn);
    ::ldap_dn2str(parsed, &text, LDAP_DN_FORMAT_LDAPV3);
    const std::string out = text;
    ::ldap_memfree(text);
    ::ldap_dnfree(parsed);
    return out;
}

std::string person_ldif(const std::string& login, int number, const std::string& more) {
    return "dn: " + dn_of(login) + "\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: " + login + "\ncn: " + login + "\nsn: " + login +
           "\nuidNumber: " + std::to_string(number) + "\ngidNumber: 10000\nhomeDirectory: /nonexistent\n" + more + "\n";
}

SlapdOptions options_for(int bulk_people) {
    SlapdOptions options;
    std::string people = person_ldif("cho", 11'000, "pwdAccountLockedTime: 000001010000Z\n");
    std::string group = "dn: " + group_dn("everyone") + "\nobjectClass: groupOfNames\ncn: bulk1\nmember: cn=nobody,dc=example,dc=test\n";
    for (int number = 0; number < bulk_people; ++number) {
        people += person_ldif(bulk_login(number), 12'000 + number, "");
        group += "member: " + dn_of(bulk_login(number)) + "\n";
    }
    options.more_ldif = people + group + "\n";
    return options;
}

boost::json::object settings_for(const Slapd& slapd) {
    boost::json::object settings, people;
    people["base"] = people_base;
    settings["servers"] = boost::json::array({boost::json::value(slapd.ldaps_url())});
    settings["ca_file"] = Slapd::ca_file();
    settings["bind_dn"] = Slapd::bind_dn();
    settings["bind_password_file"] = slapd.password_file();
    settings["people"] = std::move(people);
    settings["managed_groups"] = boost::json::array({boost::json::value(group_dn("ehr-reset")), boost::json::value(group_dn("everyone"))});
    return settings;
}

class LdapWorld : public DirectoryWorld {
public:
    explicit LdapWorld(int bulk_people)
        : slapd_(options_for(bulk_people)), plugin_(STINT_DIRECTORY_LDAP, "directory", settings_for(slapd_)), directory_(plugin_.process()) {}
    boost::asio::io_context& io() override { return plugin_.io(); }
    Directory& directory() override { return directory_; }
    GroupName group_name(const std::string& plain) const override { return GroupName(group_dn(plain)); }
    void add_person(const std::string& login) override { must(slapd_.add_person(dn_of(login), login, login)); }
    void delete_person(const std::string& login) override { must(slapd_.remove_entry(dn_of(login))); }
    void put_member(const std::string& group, const std::string& login) override { must(slapd_.add_value(group_dn(group), "member", dn_of(login))); }
    void take_member(const std::string& group, const std::string& login) override { must(slapd_.remove_value(group_dn(group), "member", dn_of(login))); }
    bool is_member(const std::string& group, const std::string& login) override {
        const std::string wanted = canonical(dn_of(login));
        const auto values = slapd_.values(group_dn(group), "member");
        return std::any_of(values.begin(), values.end(), [&](const std::string& value) { return canonical(value) == wanted; });
    }

private:
    static void must(int code) {
        if (code != LDAP_SUCCESS) throw std::runtime_error(std::string("the administrator was refused: ") + ::ldap_err2string(code));
    }

    Slapd slapd_;
    RunningPlugin plugin_;
    RemoteDirectory directory_;
};

std::unique_ptr<DirectoryWorld> make(int bulk_people) { return std::make_unique<LdapWorld>(bulk_people); }

INSTANTIATE_TEST_SUITE_P(Ldap, DirectoryContract, ::testing::Values(WorldMaker{"ldap", make}), [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace stint::testing
