// The whole application on given ports: what runs in stintd, and, on fake ports and a virtual clock, in the
// simulation. Starts, reacts to what was committed, reloads, drains.
#pragma once

#include "app/broker_service.hpp"
#include "app/changes.hpp"
#include "app/gather.hpp"
#include "app/holds.hpp"
#include "app/opener.hpp"
#include "app/performer.hpp"
#include "app/reconciler.hpp"
#include "app/timekeeper.hpp"
#include "app/world.hpp"

#include <set>

namespace stint {

class App {
public:
    /// `world` outlives it.
    explicit App(World& world);

    /// Ends what is due, then compares directory and records; returns after one round or `listen_within`, whichever is
    /// first. Nothing is opened before the round has passed. Throws StoreFault when the store cannot even be read.
    [[nodiscard]] boost::asio::awaitable<void> start(std::string version);
    /// Once, when clients can reach it: from now on they have so long to come back to what lives by their connection.
    void door_opened();
    /// Puts a policy into force, as a whole, and says so in the log: later, where that cannot be written now.
    [[nodiscard]] boost::asio::awaitable<void> put_in_force(Policy policy);
    /// Stops starting things; what is under way goes on until the process ends. Says so in the log.
    [[nodiscard]] boost::asio::awaitable<void> drain();

    [[nodiscard]] Service& service() { return service_; }

private:
    void committed(const std::vector<Event>& events, bool is_owing);
    boost::asio::awaitable<void> touch_held(RequestId grant, std::set<MembershipId> but);
    boost::asio::awaitable<void> first_round();
    boost::asio::awaitable<void> claim_time();
    /// Learns who may break glass while the directory can tell: when it cannot, only those who are known may file.
    boost::asio::awaitable<void> meet_breakers(std::shared_ptr<const Policy> policy);
    boost::asio::awaitable<bool> met_members(GroupId group);
    boost::asio::awaitable<void> write_down(EventBody body, PolicyHash policy);
    boost::asio::awaitable<void> write_down_now_or_later(EventBody body);
    boost::asio::awaitable<void> write_down_later(EventBody body, PolicyHash policy);

    World& world_;
    Gather gather_;
    Reconciler reconciler_;
    Opener opener_;
    Timekeeper timekeeper_;
    Performer performer_;
    Changes changes_;
    Holds holds_;
    Refusals refusals_;
    BrokerService service_;
    bool is_first_round_over_ = false;
};

}  // namespace stint
