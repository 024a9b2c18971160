// One coroutine for each request that waits to open.
#include "app/opener.hpp"

#include "log/log.hpp"

#include <algorithm>

namespace stint {

Opening::Outcome open_within(Transaction& transaction, const Policy& policy, const OpeningFacts& facts, RequestId id) {
    OpeningFacts judged = facts;
    judged.is_clock_behind = transaction.is_clock_behind();
    const Opening opening = open_grant(transaction.store(), policy, judged, id, transaction.now());
    transaction.apply(opening.transition);
    return opening.outcome;
}

void Opener::touch(RequestId id) {
    if (working_.insert(id).second) spawn(world_, "open", work(id));
}

boost::asio::awaitable<void> Opener::work(RequestId id) {
    Seconds delay(1);
    for (;;) {
        Attempt outcome = Attempt::unreachable;
        // Before the first round, and while no policy is in force, nothing opens, and nothing is refused for it either.
        const bool may_open = is_allowed_ && !world_.current_policy()->hash.empty();
        try {
            if (may_open) outcome = co_await attempt(id);
        } catch (const Fault& fault) {
            log::warning("opening_postponed", {{"request", id.value}, {"why", fault.what()}});
        } catch (const StoreFault& fault) {
            log::error("opening_not_recorded", {{"request", id.value}, {"why", fault.what()}});
        }
        if (outcome == Attempt::settled) break;
        co_await world_.clock.sleep_for(may_open ? std::chrono::microseconds(delay) : std::chrono::milliseconds(200));
        if (may_open) delay = std::min(delay * 2, Seconds(5));
    }
    working_.erase(id);
}

boost::asio::awaitable<Opener::Attempt> Opener::attempt(RequestId id) {
    auto read = [id](Transaction& transaction) {
        return std::pair(transaction.store().request(id), transaction.store().approvals(id));
    };
    const auto [request, approvals] = co_await world_.broker.look(read);
    const Now now = world_.clock.now();
    if (!request || request->state != RequestState::approved) co_return Attempt::settled;
    // The timekeeper comes back when it starts, and ends it when its time has run out.
    if (request->start_at && *request->start_at > now.utc) co_return Attempt::settled;
    if (request->lapses_at <= now.utc) co_return Attempt::settled;
    if (request->is_attached && request->kind != RequestKind::extension && is_held_ && !is_held_(id)) co_return Attempt::later;
    const auto policy = world_.current_policy();
    const OpeningFacts facts = co_await gather_.opening(policy, *request, approvals);
    auto open = [&policy, &facts, id](Transaction& transaction) { return open_within(transaction, *policy, facts, id); };
    const auto outcome = co_await world_.broker.run(open);
    if (outcome == Opening::Outcome::later && look_again_) {
        auto unsettled = [&facts](Transaction& transaction) {
            std::vector<MembershipId> ids;
            for (const Reading& reading : facts.readings) {
                const auto membership = transaction.store().membership_of(reading.group.id, facts.requester.ref.id);
                if (membership && reading.is_present) ids.push_back(membership->id);
            }
            return ids;
        };
        for (const MembershipId membership : co_await world_.broker.look(unsettled)) look_again_(membership);
    }
    co_return outcome == Opening::Outcome::later ? Attempt::later : Attempt::settled;
}

}  // namespace stint
