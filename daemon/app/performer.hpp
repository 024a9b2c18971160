// Does what is owed to people and tickets: takes it from the outbox, hands it to each channel, and strikes it off when
// all have it. Each channel has its own places and its own retries: one that is down delays nobody but itself.
#pragma once

#include "app/gather.hpp"
#include "app/world.hpp"

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace stint {

class Performer {
public:
    Performer(World& world, Gather& gather);

    /// Looks at the outbox soon; called after each commit that owes something.
    void touch();
    /// For ever: comes back for what was postponed.
    [[nodiscard]] boost::asio::awaitable<void> run();
    void stop() { is_stopping_ = true; }
    /// Begins nothing more, and waits a moment for what is under way: a message cut off when it was taken is sent twice.
    [[nodiscard]] boost::asio::awaitable<void> come_to_rest();

private:
    struct Lane {
        Channel channel;
        Notifier* notifier = nullptr;   ///< null: the ticket system, or nobody is to be told
        bool is_draining = false, is_wanted = false;
        std::unordered_set<OutboxId> working;
        std::unordered_set<OutboxId> left;         ///< since the outbox was last asked: what it said of them may be old
        std::unordered_set<OutboxId> unrecorded;   ///< delivered, and not written down yet: not to be delivered again
    };
    class Place;

    void touch(const std::shared_ptr<Lane>& lane);
    boost::asio::awaitable<void> drain(std::shared_ptr<Lane> lane);
    boost::asio::awaitable<void> perform(std::shared_ptr<Lane> lane, Owed owed);
    /// "" when it is done, otherwise why it has to be tried again.
    boost::asio::awaitable<std::string> attempt(std::shared_ptr<Lane> lane, Owed owed);
    boost::asio::awaitable<std::string> notify(std::shared_ptr<Lane> lane, Owed owed, NotifyPeople effect);
    boost::asio::awaitable<std::string> note(Owed owed, NoteTicket effect);
    boost::asio::awaitable<std::vector<PersonRef>> recipients(NotifyPeople effect);
    boost::asio::awaitable<std::vector<GroupName>> roles_told(NotifyPeople effect);
    boost::asio::awaitable<std::vector<PersonRef>> members_of(std::vector<GroupName> groups);

    World& world_;
    Gather& gather_;
    bool is_stopping_ = false;
    std::vector<Channel> channels_;
    std::vector<std::shared_ptr<Lane>> lanes_;   ///< one for each channel
};

}  // namespace stint
