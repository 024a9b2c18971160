// Attached requests live while a client's connection does. Counts the connections; when the last one of a request
// goes, it is given back.
#pragma once

#include "app/service.hpp"
#include "app/world.hpp"

#include <functional>
#include <memory>
#include <unordered_map>

namespace stint {

class Holds {
public:
    explicit Holds(World& world) : world_(world) {}

    [[nodiscard]] std::shared_ptr<Hold> take(RequestId id);
    [[nodiscard]] bool is_held(RequestId id) const { return counts_.count(id) != 0; }
    /// The broker is going down: connections that end now are its own doing, and nobody's release.
    void let_go() { is_letting_go_ = true; }
    /// Gives back every attached grant that no client claims; called some seconds after a start.
    [[nodiscard]] boost::asio::awaitable<void> drop_unclaimed();

private:
    class Claim;
    void released(RequestId id);
    boost::asio::awaitable<void> drop(RequestId id);

    World& world_;
    std::unordered_map<RequestId, int> counts_;
    bool is_letting_go_ = false;
    std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace stint
