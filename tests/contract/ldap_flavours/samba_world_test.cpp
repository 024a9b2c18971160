// The world of the contract suite on a real domain controller: one for all tests. A world leaves it as it was.
#include "plugin_host/remote_directory.hpp"
#include "tests/contract/directory_contract.hpp"
#include "tests/contract/ldap_flavours/samba_servers.hpp"
#include "tests/contract/running_plugin.hpp"

#include <ldap.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>
#include <stdexcept>

namespace stint::testing {
namespace {

void must(int code) {
    if (code != LDAP_SUCCESS) throw std::runtime_error(std::string("the administrator was refused: ") + ::ldap_err2string(code));
}

std::string dn_of(const std::string& login) {
    static const std::map<std::string, std::string> names{{"ada", "Ada Osei"}, {"ben", "Ben Mensah"}, {"cho", "Cho Lin"}};
    const auto found = names.find(login);
    return Samba::person_dn(found == names.end() ? login : found->second);
}

class SambaWorld : public DirectoryWorld {
public:
    SambaWorld(int bulk_people, bool is_over_kerberos)
        : server_(filled(bulk_people)),
          plugin_(STINT_DIRECTORY_LDAP, "directory", (is_over_kerberos ? over_kerberos : settings_over_tls)(server_, {"ehr-reset", "everyone"})),
          directory_(plugin_.process()) {}
    ~SambaWorld() override {
        for (const auto& login : added_) report(server_.remove_entry(dn_of(login)), login);
        for (const auto& login : deleted_) report(server_.add_person(login, login), login);
    }
    boost::asio::io_context& io() override { return plugin_.io(); }
    Directory& directory() override { return directory_; }
    GroupName group_name(const std::string& plain) const override { return GroupName(Samba::group_dn(plain)); }
    /// MS-SAMR 3.1.1.6: what no sAMAccountName may hold.
    bool can_hold(const std::string& login) const override { return login.find_first_of("\"/\\[]:;|=,+*?<>") == std::string::npos; }
    void add_person(const std::string& login) override {
        must(server_.add_person(login, login));
        added_.insert(login);
    }
    void delete_person(const std::string& login) override {
        must(server_.remove_entry(dn_of(login)));
        if (added_.erase(login) == 0) deleted_.insert(login);
    }
    void put_member(const std::string& group, const std::string& login) override { must(server_.add_value(Samba::group_dn(group), "member", dn_of(login))); }
    void take_member(const std::string& group, const std::string& login) override { must(server_.remove_value(Samba::group_dn(group), "member", dn_of(login))); }
    bool is_member(const std::string& group, const std::string& login) override {
        const auto wanted = canonical_dn(dn_of(login));
        const auto all = server_.values(Samba::group_dn(group), "member");
        return std::any_of(all.begin(), all.end(), [&](const std::string& one) { return canonical_dn(one) == wanted; });
    }

private:
    static boost::json::object over_kerberos(const Samba& server, const std::vector<std::string>& managed) { return settings_over_kerberos(server, managed); }
    static void report(int code, const std::string& login) {
        if (code != LDAP_SUCCESS) ADD_FAILURE() << "cannot put " << login << " back: " << ::ldap_err2string(code);
    }
    /// The domain has the people; whoever a test needs more is a member of everyone.
    static Samba& filled(int bulk_people) {
        auto& server = shared_samba();
        std::vector<std::string> everyone;
        for (int number = 0; number < bulk_people; ++number) everyone.push_back(dn_of(bulk_login(number)));
        must(server.replace_values(Samba::group_dn("everyone"), "member", everyone));
        must(server.replace_values(Samba::group_dn("ehr-reset"), "member", {}));
        return server;
    }

    Samba& server_;
    RunningPlugin plugin_;
    RemoteDirectory directory_;
    std::set<std::string> added_, deleted_;
};

template <bool is_over_kerberos>
std::unique_ptr<DirectoryWorld> make(int bulk_people) {
    return std::make_unique<SambaWorld>(bulk_people, is_over_kerberos);
}

INSTANTIATE_TEST_SUITE_P(Samba, DirectoryContract, ::testing::Values(WorldMaker{"ldaps", make<false>}, WorldMaker{"gssapi", make<true>}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace stint::testing
