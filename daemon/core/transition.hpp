// What a decision comes to: facts for the log, from which the records follow, and what is owed to people.
#pragma once

#include "core/effect.hpp"
#include "core/event.hpp"

#include <vector>

namespace stint {

struct [[nodiscard]] Transition {
    std::vector<Event> events;
    std::vector<Effect> effects;

    void add(EventHeader header, EventBody body) { events.push_back({std::move(header), std::move(body)}); }
    [[nodiscard]] bool empty() const noexcept { return events.empty() && effects.empty(); }
};

}  // namespace stint
