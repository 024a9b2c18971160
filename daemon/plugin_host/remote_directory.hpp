// A directory behind a plugin: each verb of the port is one JSON-RPC call. Judges nothing but shapes.
#pragma once

#include "ports/directory.hpp"

#include <functional>
#include <memory>

namespace stint {

class PluginProcess;

class RemoteDirectory final : public Directory {
public:
    explicit RemoteDirectory(std::shared_ptr<PluginProcess> plugin);
    [[nodiscard]] boost::asio::awaitable<Person> person_by_login(Login login) override;
    [[nodiscard]] boost::asio::awaitable<Person> person_by_id(PersonId id) override;
    [[nodiscard]] boost::asio::awaitable<Group> group(GroupName name) override;
    [[nodiscard]] boost::asio::awaitable<MembersPage> members(GroupId group, std::optional<std::string> cursor) override;
    [[nodiscard]] boost::asio::awaitable<ReadBack> read_back(GroupId group, PersonRef person) override;
    [[nodiscard]] boost::asio::awaitable<WriteAnswer> add(GroupId group, PersonRef person, Seconds life) override;
    [[nodiscard]] boost::asio::awaitable<WriteAnswer> remove(GroupId group, PersonRef person) override;
    void on_changed(std::function<void(GroupId)> handler) override;

private:
    std::shared_ptr<PluginProcess> plugin_;
};

}  // namespace stint
