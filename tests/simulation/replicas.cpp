// The last writer wins, entry by entry, as with Active Directory's linked values.
#include "replicas.hpp"

#include <algorithm>

namespace stint::simulation {

bool Replicas::write(std::size_t server, const Pair& pair, bool is_add, Hand hand, BootTime now) {
    Entry& entry = entries_.at(server)[pair];
    if (entry.is_present == is_add) return false;
    entry = Entry{is_add, is_add ? hand : entry.hand, false, ++last_change_};
    for (std::size_t other = 0; other < servers; ++other) {
        if (other == server) continue;
        if (lag_ == BootTime(0)) entries_.at(other)[pair] = entry;
        else under_way_.push_back({now + lag_, other, pair, entry});
    }
    return true;
}

Entry Replicas::entry(std::size_t server, const Pair& pair) const {
    const auto found = entries_.at(server).find(pair);
    return found == entries_.at(server).end() ? Entry{} : found->second;
}

Entry Replicas::settled(const Pair& pair) const {
    Entry latest;
    bool is_told = false;
    for (std::size_t server = 0; server < servers; ++server) {
        const Entry one = entry(server, pair);
        if (one.change > latest.change) is_told = false;
        if (one.change >= latest.change) {
            is_told = is_told || one.is_told;
            latest = one;
        }
    }
    latest.is_told = is_told;
    return latest;
}

std::vector<Pair> Replicas::pairs() const {
    std::vector<Pair> all;
    for (const auto& entries : entries_)
        for (const auto& [pair, entry] : entries) all.push_back(pair);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

void Replicas::told(std::size_t server, const Pair& pair) {
    const auto found = entries_.at(server).find(pair);
    if (found != entries_.at(server).end() && found->second.is_present) found->second.is_told = true;
}

void Replicas::catch_up(BootTime now) {
    const auto due = std::stable_partition(under_way_.begin(), under_way_.end(), [now](const Change& change) { return change.at > now; });
    for (auto change = due; change != under_way_.end(); ++change) {
        Entry& entry = entries_.at(change->to)[change->pair];
        if (entry.change < change->entry.change) entry = change->entry;
    }
    under_way_.erase(due, under_way_.end());
}

}  // namespace stint::simulation
