// Does what is owed to people and tickets: takes it from the outbox, hands it to the channels, and strikes it off
// when it is done. A channel that is down delays nobody but itself.
#pragma once

#include "app/gather.hpp"
#include "app/world.hpp"

#include <set>
#include <unordered_set>
#include <utility>

namespace stint {

class Performer {
public:
    Performer(World& world, Gather& gather) : world_(world), gather_(gather) {}

    /// Looks at the outbox soon; called after each commit that owes something.
    void touch();
    /// For ever: comes back for what was postponed.
    [[nodiscard]] boost::asio::awaitable<void> run();
    void stop() { is_stopping_ = true; }

private:
    boost::asio::awaitable<void> drain();
    boost::asio::awaitable<void> perform(Owed owed);
    /// "" when it is done, otherwise why it has to be tried again.
    boost::asio::awaitable<std::string> notify(Owed owed, NotifyPeople effect);
    boost::asio::awaitable<std::string> note(Owed owed, NoteTicket effect);
    boost::asio::awaitable<std::vector<PersonRef>> recipients(NotifyPeople effect);

    World& world_;
    Gather& gather_;
    bool is_draining_ = false, is_wanted_ = false, is_stopping_ = false;
    std::unordered_set<OutboxId> working_;
    /// Which channels, by their place, have taken which message, so that a retry for one does not repeat it on another.
    std::set<std::pair<OutboxId, std::size_t>> taken_;
};

}  // namespace stint
