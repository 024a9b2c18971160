// Opens the grants of approved requests: gathers the world as it is now, has the core judge it, commits. What cannot
// be asked now is asked again until the request's time has run out.
#pragma once

#include "app/gather.hpp"
#include "app/world.hpp"

#include <functional>
#include <unordered_set>

namespace stint {

class Opener {
public:
    Opener(World& world, Gather& gather) : world_(world), gather_(gather) {}

    /// Tries to open this request's grant, soon and until it is settled one way or the other.
    void touch(RequestId id);
    /// Nothing is opened before the first round over all open memberships has passed.
    void allow() { is_allowed_ = true; }
    [[nodiscard]] bool is_allowed() const { return is_allowed_; }
    /// Whom to tell of a membership that keeps a request from opening until it is looked at.
    void on_unsettled(std::function<void(MembershipId)> look_again) { look_again_ = std::move(look_again); }
    /// An attached request opens only while its client is there.
    void require_hold(std::function<bool(RequestId)> is_held) { is_held_ = std::move(is_held); }

private:
    enum class Attempt { settled, later, unreachable };
    boost::asio::awaitable<void> work(RequestId id);
    boost::asio::awaitable<Attempt> attempt(RequestId id);

    World& world_;
    Gather& gather_;
    bool is_allowed_ = false;
    std::function<bool(RequestId)> is_held_;
    std::function<void(MembershipId)> look_again_;
    std::unordered_set<RequestId> working_;
};

/// Opens it by these facts, within the transaction. The readings may be older than the records: a membership that
/// came to be held or unsettled in between joins as shared, which needs no reading.
[[nodiscard]] Opening::Outcome open_within(Transaction& transaction, const Policy& policy, const OpeningFacts& facts, RequestId id);

}  // namespace stint
