// Each message meets one fate.
#include "postbox.hpp"

namespace stint::simulation {

boost::asio::awaitable<void> Postbox::deliver(Notice notice, std::string key) {
    const std::chrono::microseconds length(std::uniform_int_distribution<int>(1'000, happens(slow_) ? 60'000'000 : 50'000)(random_));
    co_await clock_.sleep_for(length);
    if (is_down_ || happens(not_sent_)) throw Fault(FaultKind::unreachable, "the channel is down");
    if (answered_.contains(key)) violation_ = "a message twice on " + name_ + ": " + notice.kind + " " + std::to_string(notice.request.value);
    if (notice.recipients.empty()) violation_ = "a message to nobody: " + notice.kind;
    keys_.insert(key);
    taken_.emplace(notice.kind, notice.request);
    if (happens(unanswered_)) throw Fault(FaultKind::unknown_outcome, "the channel's answer was lost");
    answered_.insert(key);
}

void Postbox::crash(const std::set<std::string>& owed) {
    for (const std::string& key : owed) answered_.erase(key);
}

}  // namespace stint::simulation
