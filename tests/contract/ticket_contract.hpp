// What every implementation of ports::TicketSystem must do. Each brings a world and instantiates the suite.
#pragma once

#include "ports/ticket_system.hpp"
#include "tests/contract/run_until.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stint::testing {

/// A ticket system that is empty at first, and somebody at its desk.
class TicketWorld {
public:
    virtual ~TicketWorld() = default;
    [[nodiscard]] virtual boost::asio::io_context& io() = 0;
    [[nodiscard]] virtual TicketSystem& tickets() = 0;
    virtual void put(const Ticket& ticket) = 0;  ///< new, or instead of the one with this id
    virtual void drop(const TicketId& id) = 0;
    /// The notes at a ticket in order, as its readers see them.
    [[nodiscard]] virtual std::vector<std::string> notes(const TicketId& id) = 0;
    virtual void restart() = 0;                  ///< the plugin, not the ticket system
};

struct TicketWorldMaker {
    std::string name;
    std::unique_ptr<TicketWorld> (*make)();
};

class TicketContract : public ::testing::TestWithParam<TicketWorldMaker> {
protected:
    TicketContract() : world_(GetParam().make()) {}
    [[nodiscard]] TicketWorld& world() { return *world_; }
    [[nodiscard]] Ticket lookup(const std::string& id) { return run(world_->io(), world_->tickets().lookup(TicketId(id))); }
    void note(const std::string& id, const std::string& text, const std::string& key) { run(world_->io(), world_->tickets().note(TicketId(id), text, key)); }
    [[nodiscard]] std::optional<FaultKind> fault_of(boost::asio::awaitable<void> work);
    [[nodiscard]] std::optional<FaultKind> fault_of(boost::asio::awaitable<Ticket> work);

private:
    std::unique_ptr<TicketWorld> world_;
};

}  // namespace stint::testing
