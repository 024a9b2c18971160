// The ticket plugin on a file that a person edits, read again whenever it changed; notes go to a file beside it.
#pragma once

#include "plugins/sdk/file.hpp"
#include "plugins/sdk/plugin.hpp"
#include "plugins/ticket-embedded/notes.hpp"
#include "plugins/ticket-embedded/ticket_file.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace stint::ticket_embedded {

class EmbeddedTickets final : public sdk::Plugin {
public:
    [[nodiscard]] sdk::Identity initialize(const boost::json::object& settings, sdk::Notify notify) override;
    [[nodiscard]] boost::asio::awaitable<boost::json::object> call(std::string_view method, boost::json::object params) override;

private:
    /// As the file stands now. Throws PluginError: unreachable, or not_found.
    [[nodiscard]] const TicketEntry& ticket(const std::string& id);
    [[nodiscard]] boost::json::object lookup(const boost::json::object& params);
    [[nodiscard]] boost::json::object note(const boost::json::object& params);

    std::filesystem::path file_;
    Tickets tickets_;
    std::optional<sdk::FileStamp> settled_;  ///< the file that `tickets_` certainly is, when there is one
    Notes notes_;
};

}  // namespace stint::ticket_embedded
