// The rules of docs/decisions/0003 and of one operation at a time, as seen from the directory's side of the wire.
#include "conduct.hpp"

#include "trace.hpp"

namespace stint::simulation {

void Conduct::broken(const std::string& what, const Pair& pair) {
    if (violation_.empty()) violation_ = what + ": " + pair.second + " in " + pair.first;
}

void Conduct::sends(const Pair& pair, bool is_add, Lending lending, const Entry& seen, BootTime now) {
    trace(is_add ? "sends add" : "sends remove", now, pair, std::string(seen.is_present ? "present" : "absent") + " there, lent " + std::to_string(static_cast<int>(lending)));
    if (!under_way_.emplace(pair, is_add).second) broken("two operations at a time", pair);
    const auto open = open_.find(pair);
    if (open != open_.end() && now < open->second.since + settle_) broken("an operation while the fate of an earlier one is open", pair);
    if (open != open_.end()) open_.erase(open);
    if (is_add) return;
    if (lending == Lending::living) broken("a removal of what a living grant holds", pair);
    const bool is_human = seen.is_present && seen.hand == Hand::human;
    if (lending == Lending::none && is_human && !unproved_.contains(pair)) broken("a removal of what somebody else gave", pair);
}

void Conduct::unanswered(const Pair& pair, BootTime now) {
    const auto found = under_way_.find(pair);
    if (found == under_way_.end()) return;
    trace("unanswered", now, pair);
    open_[pair] = {now, found->second};
    if (found->second) unproved_.insert(pair);
    under_way_.erase(found);
}

void Conduct::read(const Pair& pair, bool is_present) {
    const auto open = open_.find(pair);
    if (open != open_.end() && open->second.is_add == is_present) open_.erase(open);
}

void Conduct::crash(BootTime now) {
    const auto all = under_way_;
    for (const auto& [pair, is_add] : all) unanswered(pair, now);
    std::erase_if(open_, [&](const auto& one) { return now >= one.second.since + settle_; });
    // The next life knows of none of the others when they were sent: each is as if sent just now.
    for (auto& [pair, open] : open_) open.since = now;
}

void Conduct::starts(const std::map<Pair, bool>& intents) {
    for (const auto& [pair, is_add] : intents) {
        if (is_add) unproved_.insert(pair);
    }
    const auto is_removal_known = [&](const Pair& pair) { return intents.contains(pair) && !intents.at(pair); };
    std::erase_if(open_, [&](const auto& one) { return !one.second.is_add && !is_removal_known(one.first); });
}

}  // namespace stint::simulation
