// The budget of refused asks.
#include "app/refusals.hpp"

namespace stint {

void Refusals::record(Transaction& transaction, const Event& event) {
    if (minutes_.size() > 10'000) minutes_.clear();
    Minute& minute = minutes_[event.header.actor.id.value];
    transaction.if_undone([this, who = event.header.actor.id.value, before = minute] { minutes_[who] = before; });
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
