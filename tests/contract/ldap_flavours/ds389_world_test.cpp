// The world of the contract suite on a real 389 Directory Server: one server for all tests, filled anew for each.
#include "plugin_host/remote_directory.hpp"
#include "tests/contract/directory_contract.hpp"
#include "tests/contract/ds389.hpp"
#include "tests/contract/ldap_flavours/ds389_servers.hpp"
#include "tests/contract/running_plugin.hpp"

#include <ldap.h>

#include <stdexcept>

namespace stint::testing {
namespace {

struct Schema {
    std::string object_class, attribute;
};
const Schema of_names{"groupOfNames", "member"}, of_unique_names{"groupOfUniqueNames", "uniqueMember"};

void must(int code) {
    if (code != LDAP_SUCCESS) throw std::runtime_error(std::string("the administrator was refused: ") + ::ldap_err2string(code));
}

class Ds389World : public DirectoryWorld {
public:
    Ds389World(int bulk_people, const Schema& schema)
        : schema_(schema), server_(filled(bulk_people, schema)),
          plugin_(STINT_DIRECTORY_LDAP, "directory", settings_for(server_, {"ehr-reset", "everyone"})), directory_(plugin_.process()) {}
    boost::asio::io_context& io() override { return plugin_.io(); }
    Directory& directory() override { return directory_; }
    GroupName group_name(const std::string& plain) const override { return GroupName(Ds389::group_dn(plain)); }
    void add_person(const std::string& login) override { must(server_.add_person(login, login)); }
    void delete_person(const std::string& login) override { must(server_.remove_entry(Ds389::person_dn(login))); }
    void put_member(const std::string& group, const std::string& login) override {
        must(server_.add_value(Ds389::group_dn(group), schema_.attribute, Ds389::person_dn(login)));
    }
    void take_member(const std::string& group, const std::string& login) override {
        must(server_.remove_value(Ds389::group_dn(group), schema_.attribute, Ds389::person_dn(login)));
    }
    bool is_member(const std::string& group, const std::string& login) override {
        const auto wanted = canonical_dn(Ds389::person_dn(login));
        for (const auto& value : server_.values(Ds389::group_dn(group), schema_.attribute))
            if (canonical_dn(value) == wanted) return true;
        return false;
    }

private:
    static Ds389& filled(int bulk_people, const Schema& schema) {
        auto& server = shared_ds389();
        server.empty();
        must(server.add_person("ben", "Ben Mensah"));
        must(server.add_person("ada", "Ada Osei", {{"manager", Ds389::person_dn("ben")}}));
        must(server.add_person("cho", "Cho Lin", {{"nsAccountLock", "true"}}));
        std::vector<std::string> everyone;
        for (int number = 0; number < bulk_people; ++number) {
            must(server.add_person(bulk_login(number), bulk_login(number)));
            everyone.push_back(Ds389::person_dn(bulk_login(number)));
        }
        for (const auto* name : {"helpdesk", "domain-admins", "ehr-reset", "everyone"}) must(server.add_group(name, schema.object_class));
        must(server.replace_values(Ds389::group_dn("helpdesk"), schema.attribute, {Ds389::person_dn("ada"), Ds389::person_dn("ben")}));
        must(server.replace_values(Ds389::group_dn("everyone"), schema.attribute, everyone));
        return server;
    }

    const Schema& schema_;
    Ds389& server_;
    RunningPlugin plugin_;
    RemoteDirectory directory_;
};

template <const Schema& schema>
std::unique_ptr<DirectoryWorld> make(int bulk_people) { return std::make_unique<Ds389World>(bulk_people, schema); }

INSTANTIATE_TEST_SUITE_P(Ds389, DirectoryContract, ::testing::Values(WorldMaker{"names", make<of_names>}, WorldMaker{"unique_names", make<of_unique_names>}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace stint::testing
