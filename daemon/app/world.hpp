// What the app is given by the composition root: ports, the door to the records, the policy in force.
#pragma once

#include "app/broker.hpp"
#include "core/entitlement.hpp"
#include "ports/clock.hpp"
#include "ports/directory.hpp"
#include "ports/notifier.hpp"
#include "ports/ticket_system.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace stint {

struct AppSettings {
    Seconds settle{30};                         ///< how long an unknown outcome may still come true
    bool may_act_as = false;                    ///< demo only
    Seconds round_every{300};                   ///< how often every open membership is read back
    Seconds sweep_every{600};
    std::chrono::milliseconds listen_within{500};  ///< how long the start waits for the first round before it listens
    int parallel_removals = 64, parallel_additions = 64;
    /// A number in [0, 1) for jitter; seeded in the simulation.
    std::function<double()> jitter = [] { return 0.5; };
};

/// Everything here outlives the app. One io thread runs all of it but the broker's store thread.
struct World {
    boost::asio::any_io_executor io;
    Clock& clock;
    Broker& broker;
    Directory& directory;
    TicketSystem* tickets = nullptr;            ///< null: no ticket system is configured
    std::vector<Notifier*> notifiers;
    AppSettings settings;
    std::shared_ptr<const Policy> policy;       ///< replaced as a whole on reload

    /// Copies taken by one command see one policy from beginning to end.
    [[nodiscard]] std::shared_ptr<const Policy> current_policy() const { return policy; }
};

/// Runs a coroutine on the io thread on its own account; what it throws is logged under `what`, and ends only it.
void spawn(World& world, const char* what, boost::asio::awaitable<void> task);

}  // namespace stint
