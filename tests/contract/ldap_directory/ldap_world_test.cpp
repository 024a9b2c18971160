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

/// Which groups of base.ldif play the managed ones, and how their members are named.
struct Schema {
    const char* managed;       ///< what is called ehr-reset here
    const char* object_class;
    const char* attribute;
    bool holds_logins = false, needs_a_value = true, has_overlays = false;
};
const Schema of_names{"ehr-reset", "groupOfNames", "member"};
const Schema of_names_with_overlays{"ehr-reset", "groupOfNames", "member", false, true, true};
const Schema of_unique_names{"lab-access", "groupOfUniqueNames", "uniqueMember"};
const Schema of_logins{"unix-admins", "posixGroup", "memberUid", true, false};

std::string dn_of(const std::string& login) { return Slapd::person_dn(rdn_value(login)); }

std::string person_ldif(const std::string& login, int number, const std::string& more) {
    return "dn: " + dn_of(login) + "\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: " + login + "\ncn: " + login + "\nsn: " + login +
           "\nuidNumber: " + std::to_string(number) + "\ngidNumber: 10000\nhomeDirectory: /nonexistent\n" + more + "\n";
}

std::string value_of(const Schema& schema, const std::string& login) { return schema.holds_logins ? login : dn_of(login); }

// The server's ACL lets the broker write to bulk1, so that is what `everyone` is called here.
std::string group_dn(const Schema& schema, const std::string& plain) {
    return Slapd::group_dn(plain == "everyone" ? "bulk1" : plain == "ehr-reset" ? schema.managed : plain);
}

SlapdOptions options_for(const Schema& schema, int bulk_people) {
    SlapdOptions options;
    options.has_memberof = options.has_refint = schema.has_overlays;
    std::string people = person_ldif("cho", 11'000, "pwdAccountLockedTime: 000001010000Z\n");
    std::string group = "dn: " + group_dn(schema, "everyone") + "\nobjectClass: " + schema.object_class + "\ncn: bulk1\n";
    group += schema.needs_a_value ? std::string(schema.attribute) + ": cn=nobody,dc=example,dc=test\n" : "gidNumber: 20099\n";
    for (int number = 0; number < bulk_people; ++number) {
        people += person_ldif(bulk_login(number), 12'000 + number, "");
        group += std::string(schema.attribute) + ": " + value_of(schema, bulk_login(number)) + "\n";
    }
    options.more_ldif = people + group + "\n";
    return options;
}

boost::json::object settings_for(const Schema& schema, const Slapd& slapd) {
    boost::json::object settings, people;
    people["base"] = people_base;
    settings["servers"] = boost::json::array({boost::json::value(slapd.ldaps_url())});
    settings["ca_file"] = Slapd::ca_file();
    settings["bind_dn"] = Slapd::bind_dn();
    settings["bind_password_file"] = slapd.password_file();
    settings["people"] = std::move(people);
    settings["managed_groups"] = boost::json::array({boost::json::value(group_dn(schema, "ehr-reset")), boost::json::value(group_dn(schema, "everyone"))});
    return settings;
}

class LdapWorld : public DirectoryWorld {
public:
    LdapWorld(const Schema& schema, int bulk_people)
        : schema_(schema), slapd_(options_for(schema, bulk_people)), plugin_(STINT_DIRECTORY_LDAP, "directory", settings_for(schema, slapd_)),
          directory_(plugin_.process()) {}
    boost::asio::io_context& io() override { return plugin_.io(); }
    Directory& directory() override { return directory_; }
    GroupName group_name(const std::string& plain) const override { return GroupName(group_dn(schema_, plain)); }
    /// memberUid is of IA5 syntax.
    bool can_hold(const std::string& login) const override {
        return !schema_.holds_logins || std::all_of(login.begin(), login.end(), [](char letter) { return letter > 0; });
    }
    void add_person(const std::string& login) override { must(slapd_.add_person(dn_of(login), login, login)); }
    void delete_person(const std::string& login) override { must(slapd_.remove_entry(dn_of(login))); }
    void put_member(const std::string& group, const std::string& login) override { must(slapd_.add_value(group_dn(schema_, group), attribute(group), value(group, login))); }
    void take_member(const std::string& group, const std::string& login) override { must(slapd_.remove_value(group_dn(schema_, group), attribute(group), value(group, login))); }
    bool is_member(const std::string& group, const std::string& login) override {
        const bool is_login = schema_.holds_logins && is_managed(group);
        const std::string wanted = is_login ? login : canonical_dn(dn_of(login));
        const auto values = slapd_.values(group_dn(schema_, group), attribute(group));
        return std::any_of(values.begin(), values.end(), [&](const std::string& one) { return (is_login ? one : canonical_dn(one)) == wanted; });
    }

private:
    static void must(int code) {
        if (code != LDAP_SUCCESS) throw std::runtime_error(std::string("the administrator was refused: ") + ::ldap_err2string(code));
    }
    static bool is_managed(const std::string& group) { return group == "ehr-reset" || group == "everyone"; }
    [[nodiscard]] std::string attribute(const std::string& group) const { return is_managed(group) ? schema_.attribute : "member"; }
    [[nodiscard]] std::string value(const std::string& group, const std::string& login) const { return is_managed(group) ? value_of(schema_, login) : dn_of(login); }

    const Schema& schema_;
    Slapd slapd_;
    RunningPlugin plugin_;
    RemoteDirectory directory_;
};

template <const Schema& schema>
std::unique_ptr<DirectoryWorld> make(int bulk_people) {
    return std::make_unique<LdapWorld>(schema, bulk_people);
}

INSTANTIATE_TEST_SUITE_P(Ldap, DirectoryContract,
                         ::testing::Values(WorldMaker{"names", make<of_names>}, WorldMaker{"names_with_overlays", make<of_names_with_overlays>},
                                           WorldMaker{"unique_names", make<of_unique_names>}, WorldMaker{"logins", make<of_logins>}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace stint::testing
