// Tickets in a file that a person edits, read anew for each question; notes go to a file beside it, one line each.
#pragma once

#include "plugins/sdk/plugin.hpp"

#include <filesystem>
#include <set>
#include <string>

namespace stint::ticket_embedded {

class EmbeddedTickets final : public sdk::Plugin {
public:
    [[nodiscard]] sdk::Identity initialize(const boost::json::object& settings, sdk::Notify notify) override;
    [[nodiscard]] boost::asio::awaitable<boost::json::object> call(std::string_view method, boost::json::object params) override;

private:
    [[nodiscard]] boost::json::object lookup(const boost::json::object& params) const;
    [[nodiscard]] boost::json::object note(const boost::json::object& params);
    void read_keys();

    std::filesystem::path file_;
    std::set<std::string> noted_;  ///< keys of the notes that are there
};

}  // namespace stint::ticket_embedded
