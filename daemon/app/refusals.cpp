// The budget of refused asks.
#include "app/refusals.hpp"

namespace stint {

void Refusals::record(Transaction& transaction, const Event& event) {
    if (minutes_.size() > 10'000) minutes_.clear();
    const Actor& actor = event.header.actor;
    const std::string who = actor.id.empty() ? "from " + actor.origin : actor.id.value;
    Minute& minute = minutes_[who];
    transaction.if_undone([this, who, before = minute] { minutes_[who] = before; });
    const Utc now = transaction.now().utc;
    Transition transition;
    if (now - minute.since >= Seconds(60) || now < minute.since) {
        if (minute.uncounted > 0) {
            EventHeader header = event.header;
            header.request = {};
            header.ticket = {};
            header.entitlement = {};
            transition.add(header, AskRefused{"several", "too_many_requests", minute.uncounted});
        }
        minute = Minute{now, 0, 0};
    }
    if (++minute.count <= limit_a_minute) {
        transition.events.push_back(event);
    } else {
        ++minute.uncounted;
    }
    transaction.apply(transition);
}

}  // namespace stint
