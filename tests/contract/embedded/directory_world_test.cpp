// The world of the directory's suite on directory-embedded. Its administrator edits the file; the truth is read from it
// with a TOML parser.
#include "plugin_host/remote_directory.hpp"
#include "tests/contract/directory_contract.hpp"
#include "tests/contract/embedded/folder.hpp"
#include "tests/contract/running_plugin.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <map>
#include <set>

namespace stint::testing {
namespace {

class EmbeddedWorld : public DirectoryWorld {
public:
    explicit EmbeddedWorld(int bulk_people) {
        people_ = {{"ada", true}, {"ben", true}, {"cho", false}};
        std::vector<std::string> everyone;
        for (int number = 0; number < bulk_people; ++number) {
            people_.emplace(bulk_login(number), true);
            everyone.push_back(bulk_login(number));
        }
        write({{"helpdesk", {"ada", "ben"}}, {"domain-admins", {}}, {"ehr-reset", {}}, {"everyone", everyone}});
        boost::json::object settings;
        settings["file"] = file().string();
        plugin_ = std::make_unique<RunningPlugin>(STINT_DIRECTORY_EMBEDDED, "directory", std::move(settings));
        directory_ = std::make_unique<RemoteDirectory>(plugin_->process());
    }
    boost::asio::io_context& io() override { return plugin_->io(); }
    Directory& directory() override { return *directory_; }
    GroupName group_name(const std::string& plain) const override { return GroupName(plain); }
    void add_person(const std::string& login) override {
        people_.emplace(login, true);
        write(groups());
    }
    void delete_person(const std::string& login) override {
        people_.erase(login);
        write(groups());
    }
    void put_member(const std::string& group, const std::string& login) override {
        auto all = groups();
        all.at(group).push_back(login);
        write(all);
    }
    void take_member(const std::string& group, const std::string& login) override {
        auto all = groups();
        std::erase(all.at(group), login);
        write(all);
    }
    bool is_member(const std::string& group, const std::string& login) override {
        const auto all = groups();
        return std::ranges::count(all.at(group), login) == 1;
    }

private:
    using Groups = std::map<std::string, std::vector<std::string>>;

    std::filesystem::path file() const { return folder_ / "directory.toml"; }

    Groups groups() const {
        Groups all;
        const toml::table root = toml::parse(content_of(file()));
        for (const toml::node& node : *root["group"].as_array()) {
            const toml::table& group = *node.as_table();
            std::vector<std::string>& members = all[group["name"].ref<std::string>()];
            for (const toml::node& member : *group["members"].as_array()) members.push_back(member.ref<std::string>());
        }
        return all;
    }

    void write(const Groups& groups) const {
        std::string text = "# the people\n";
        for (const auto& [login, is_enabled] : people_)
            text += "[[person]]\nlogin = " + toml_text(login) + "\nname = " + toml_text(login == "ada" ? "Ada Osei" : login) + "\nmail = \"someone@example.test\"\nenabled = " +
                    (is_enabled ? "true" : "false") + "\n\n";
        for (const auto& [name, members] : groups) {
            text += "[[group]]  # " + name + "\nname = " + toml_text(name) + "\n";
            if (name == "helpdesk" || name == "domain-admins") text += "managed = false\n";
            text += "members = [";
            for (const std::string& member : members) text += toml_text(member) + ", ";
            text += "]\n\n";
        }
        write_whole(file(), text);
    }

    Folder folder_;
    std::map<std::string, bool> people_;
    std::unique_ptr<RunningPlugin> plugin_;
    std::unique_ptr<RemoteDirectory> directory_;
};

std::unique_ptr<DirectoryWorld> make(int bulk_people) { return std::make_unique<EmbeddedWorld>(bulk_people); }

INSTANTIATE_TEST_SUITE_P(Embedded, DirectoryContract, ::testing::Values(WorldMaker{"embedded", make}), [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace stint::testing
