// The budget of refused asks.
#include "app/refusals.hpp"

#include <limits>

namespace stint {

namespace {

Event several(const Actor& actor, std::int64_t count) {
    EventHeader header;
    header.actor = actor;
    return Event{header, AskRefused{"several", "too_many_requests", count}};
}

}  // namespace

bool Refusals::is_over(const Minute& minute, Utc now) { return now - minute.since >= Seconds(60) || now < minute.since; }

void Refusals::record(Transaction& transaction, const Event& event) {
    if (minutes_.size() > 10'000) minutes_.clear();
    const Actor& actor = event.header.actor;
    const std::string who = actor.id.empty() ? "from " + actor.origin : actor.id.value;
    Minute& minute = minutes_[who];
    transaction.if_undone([this, who, before = minute] { minutes_[who] = before; });
    const Utc now = transaction.now().utc;
    Transition transition;
    if (is_over(minute, now)) {
        if (minute.uncounted > 0) transition.events.push_back(several(minute.actor, minute.uncounted));
        minute = Minute{now, 0, 0, actor};
    }
    if (++minute.count <= limit_a_minute) {
        transition.events.push_back(event);
    } else {
        ++minute.uncounted;
    }
    transaction.apply(transition);
}

void Refusals::flush(Transaction& transaction) { flush_some(transaction, people_at_once, false); }

void Refusals::flush_all(Transaction& transaction) { flush_some(transaction, std::numeric_limits<int>::max(), true); }

void Refusals::flush_some(Transaction& transaction, int people, bool is_end) {
    Transition transition;
    std::map<std::string, Minute> written;
    for (auto entry = minutes_.begin(); entry != minutes_.end() && people > 0;) {
        const auto& [who, minute] = *entry;
        if (!is_end && !is_over(minute, transaction.now().utc)) {
            ++entry;
            continue;
        }
        if (minute.uncounted > 0) {
            transition.events.push_back(several(minute.actor, minute.uncounted));
            written.emplace(who, minute);
            --people;
        }
        entry = minutes_.erase(entry);
    }
    if (transition.events.empty()) return;
    transaction.if_undone([this, written = std::move(written)] {
        for (const auto& [who, minute] : written) minutes_[who] = minute;
    });
    transaction.apply(transition);
}

}  // namespace stint
