// A folder of messages: one file each, written whole, the same key once.
#pragma once

#include "plugins/sdk/plugin.hpp"

#include <filesystem>
#include <set>
#include <string>

namespace stint::notify_inbox {

class Inbox final : public sdk::Plugin {
public:
    [[nodiscard]] sdk::Identity initialize(const boost::json::object& settings, sdk::Notify notify) override;
    [[nodiscard]] boost::asio::awaitable<boost::json::object> call(std::string_view method, boost::json::object params) override;

private:
    [[nodiscard]] boost::json::object deliver(const boost::json::object& params);

    std::filesystem::path folder_;
};

}  // namespace stint::notify_inbox
