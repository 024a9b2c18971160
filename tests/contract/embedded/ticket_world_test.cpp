// The world of the ticket system's suite on ticket-embedded.
#include "plugin_host/remote_ticket_system.hpp"
#include "tests/contract/embedded/folder.hpp"
#include "tests/contract/running_plugin.hpp"
#include "tests/contract/ticket_contract.hpp"

#include <boost/json/parse.hpp>

#include <map>
#include <sstream>

namespace stint::testing {
namespace {

class EmbeddedTicketWorld : public TicketWorld {
public:
    EmbeddedTicketWorld() {
        write();
        boost::json::object settings;
        settings["file"] = file().string();
        plugin_ = std::make_unique<RunningPlugin>(STINT_TICKET_EMBEDDED, "ticket", std::move(settings));
        tickets_ = std::make_unique<RemoteTicketSystem>(plugin_->process());
    }
    boost::asio::io_context& io() override { return plugin_->io(); }
    TicketSystem& tickets() override { return *tickets_; }
    void put(const Ticket& ticket) override {
        kept_[ticket.id.value] = ticket;
        write();
    }
    void drop(const TicketId& id) override {
        kept_.erase(id.value);
        write();
    }
    std::vector<std::string> notes(const TicketId& id) override {
        std::vector<std::string> found;
        std::istringstream lines(content_of(file().string() + ".notes"));
        for (std::string line; std::getline(lines, line);) {
            const boost::json::value note = boost::json::parse(line);
            if (note.at("ticket").as_string() == boost::json::string_view(id.value)) found.emplace_back(note.at("text").as_string());
        }
        return found;
    }
    void restart() override {
        plugin_->restart();
        tickets_ = std::make_unique<RemoteTicketSystem>(plugin_->process());
    }

private:
    std::filesystem::path file() const { return folder_ / "tickets.toml"; }
    void write() const {
        std::string text;
        for (const auto& [id, ticket] : kept_)
            text += "[[ticket]]\nid = " + toml_text(id) + "\nstate = " + toml_text(ticket.state) + "\nassignee = " + toml_text(ticket.assignee.value) + "\nsubject = " +
                    toml_text(ticket.subject) + "\ncategory = " + toml_text(ticket.category) + "\naffected = " + toml_text(ticket.affected) + "\n\n";
        write_whole(file(), text);
    }

    Folder folder_;
    std::map<std::string, Ticket> kept_;
    std::unique_ptr<RunningPlugin> plugin_;
    std::unique_ptr<RemoteTicketSystem> tickets_;
};

std::unique_ptr<TicketWorld> make() { return std::make_unique<EmbeddedTicketWorld>(); }

INSTANTIATE_TEST_SUITE_P(Embedded, TicketContract, ::testing::Values(TicketWorldMaker{"embedded", make}), [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace stint::testing
