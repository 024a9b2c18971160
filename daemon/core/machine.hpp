// The shape of every state machine here: one constexpr table of (state × command). What is not listed is refused.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace stint {

template <class State, class Command>
struct Move {
    State from;
    Command command;
    State to;
};

/// Where `command` leads from `from`, or nothing when the table does not list it.
template <class State, class Command, std::size_t N>
[[nodiscard]] constexpr std::optional<State> next_state(const std::array<Move<State, Command>, N>& table, State from, Command command) {
    for (const auto& move : table) {
        if (move.from == from && move.command == command) return move.to;
    }
    return std::nullopt;
}

}  // namespace stint
