// Counting places and filling buckets. Both hold no more than there are connections, or a fixed bound.
#include "http/limits.hpp"

#include <algorithm>

namespace stint::http {

Places::Place Places::take(std::uint32_t uid) {
    if (taken_ >= in_all_) return {};
    const auto [entry, is_new] = by_uid_.try_emplace(uid, 0);
    if (entry->second >= per_uid_) return {};
    ++entry->second;
    ++taken_;
    return {this, uid};
}

void Places::give_back(std::uint32_t uid) {
    --taken_;
    const auto entry = by_uid_.find(uid);
    if (--entry->second == 0) by_uid_.erase(entry);
}

bool Rate::take(const std::string& caller, Clock::time_point now) {
    if (buckets_.size() >= most_callers) make_room(now);
    Bucket& bucket = buckets_.try_emplace(caller, Bucket{per_minute_, now}).first->second;
    bucket = {filled(bucket, now), now};
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

double Rate::filled(const Bucket& bucket, Clock::time_point now) const {
    const std::chrono::duration<double, std::ratio<60>> minutes = now - bucket.at;
    return std::min(per_minute_, bucket.tokens + minutes.count() * per_minute_);
}

/// Whoever has a full bucket needs none.
void Rate::make_room(Clock::time_point now) {
    std::erase_if(buckets_, [&](const auto& entry) { return filled(entry.second, now) >= per_minute_; });
    if (buckets_.size() >= most_callers) buckets_.clear();
}

}  // namespace stint::http
