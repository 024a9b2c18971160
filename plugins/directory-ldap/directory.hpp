// The plugin: settings in, calls out to people, groups and memberships. Reads and additions go over one
// connection, removals over another. A call is tried a second time only when nothing had been sent that changes anything.
#pragma once

#include "plugins/directory-ldap/groups.hpp"
#include "plugins/directory-ldap/lane.hpp"
#include "plugins/directory-ldap/membership.hpp"
#include "plugins/directory-ldap/people.hpp"
#include "plugins/sdk/plugin.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stint::directory_ldap {

class LdapDirectory final : public sdk::Plugin {
public:
    explicit LdapDirectory(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
    [[nodiscard]] sdk::Identity initialize(const boost::json::object& settings, sdk::Notify notify) override;
    [[nodiscard]] boost::asio::awaitable<boost::json::object> call(std::string_view method, boost::json::object params) override;
    [[nodiscard]] std::optional<boost::asio::awaitable<std::vector<std::string>>> look_around() override;
    void shutdown() noexcept override;

private:
    using Handler = boost::asio::awaitable<boost::json::object> (LdapDirectory::*)(std::shared_ptr<Connection>, boost::json::object);
    struct Method {
        std::string_view name;
        Handler handler;
        bool is_removal;
    };
    static const Method methods[];

    [[nodiscard]] boost::asio::awaitable<std::vector<std::string>> capabilities();
    [[nodiscard]] boost::asio::awaitable<boost::json::object> person(std::shared_ptr<Connection> connection, boost::json::object params);
    [[nodiscard]] boost::asio::awaitable<boost::json::object> group(std::shared_ptr<Connection> connection, boost::json::object params);
    [[nodiscard]] boost::asio::awaitable<boost::json::object> members(std::shared_ptr<Connection> connection, boost::json::object params);
    [[nodiscard]] boost::asio::awaitable<boost::json::object> read_back(std::shared_ptr<Connection> connection, boost::json::object params);
    [[nodiscard]] boost::asio::awaitable<boost::json::object> add(std::shared_ptr<Connection> connection, boost::json::object params);
    [[nodiscard]] boost::asio::awaitable<boost::json::object> remove(std::shared_ptr<Connection> connection, boost::json::object params);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<Dialer> dialer_;
    std::shared_ptr<Lane> work_, removals_;
    /// What depends on the kind of directory; made when the first server has told which it is.
    struct Parts {
        Parts(const Settings& settings, const Recognised& recognised)
            : people(settings.people, recognised), groups(settings.groups_base, settings.managed_groups, people), membership(groups, people) {}
        People people;
        Groups groups;
        Membership membership;
    };
    [[nodiscard]] Parts& parts();

    Settings settings_;
    std::optional<Parts> parts_;
};

}  // namespace stint::directory_ldap
