// Many clients at a time: each takes the next wish, connects as its person, asks, and waits until it is ready.
#pragma once

#include "tests/bench/broker.hpp"

#include <vector>

namespace stint::bench {

struct Wish {
    int person = 0, entitlement = 0;
};

/// The n-th of all different pairs, so spread that neighbours mean other people and other groups, and groups grow evenly.
[[nodiscard]] Wish wish(const Size& size, int n);

/// Seconds until all have been ready; `clients` connections at a time, in this one thread.
double ask_for_all(const Broker& broker, const std::vector<Wish>& wishes, std::size_t clients, const std::string& duration);

}  // namespace stint::bench
