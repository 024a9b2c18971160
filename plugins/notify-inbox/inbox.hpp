// A folder of messages: one file each, written whole, the same key once.
#pragma once

#include "plugins/sdk/plugin.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>

namespace stint::notify_inbox {

class Inbox final : public sdk::Plugin {
public:
    [[nodiscard]] sdk::Identity initialize(const boost::json::object& settings, sdk::Notify notify) override;
    [[nodiscard]] boost::asio::awaitable<boost::json::object> call(std::string_view method, boost::json::object params) override;

private:
    [[nodiscard]] boost::json::object deliver(const boost::json::object& params);
    [[nodiscard]] bool is_there(const std::string& mark, const std::string& key) const;
    void read_names();

    std::filesystem::path folder_;
    bool has_names_ = false;
    std::unordered_multimap<std::string, std::string> names_;  ///< the key's digest in a file's name → the name
};

}  // namespace stint::notify_inbox
