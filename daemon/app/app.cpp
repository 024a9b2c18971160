// Wires the parts together: what was committed decides who has to look at what.
#include "app/app.hpp"

#include "core/filing.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <set>

namespace stint {

namespace {

/// How long a client has to come back to its attached grant after the door was opened.
constexpr Seconds claim_within{15};
constexpr Seconds store_retry{1};
/// Who may break glass is asked for again so long after the directory could not tell.
constexpr Seconds meet_again{60};
/// Who joined them since is asked for so often.
constexpr Seconds meet_newcomers{3600};
constexpr std::size_t most_breakers = 10'000;

bool brings_a_deadline(const EventBody& body) {
    return std::holds_alternative<RequestFiled>(body) || std::holds_alternative<RequestApproved>(body) ||
           std::holds_alternative<GrantOpened>(body) || std::holds_alternative<GrantExtended>(body) ||
           std::holds_alternative<ReviewOpened>(body);
}

}  // namespace

App::App(World& world)
    : world_(world), gather_(world), reconciler_(world), opener_(world, gather_),
      timekeeper_(world, gather_, reconciler_, opener_, refusals_), performer_(world, gather_), changes_(world.io), holds_(world),
      service_(world, gather_, opener_, reconciler_, changes_, holds_, refusals_) {
    opener_.on_unsettled([this](MembershipId id) { reconciler_.touch(id); });
    opener_.require_hold([this](RequestId id) { return holds_.is_held(id); });
    world_.broker.on_committed([this](const std::vector<Event>& events, bool is_owing) { committed(events, is_owing); });
    world_.directory.on_changed([this](GroupId) { reconciler_.want_round(); });
}

void App::committed(const std::vector<Event>& events, bool is_owing) {
    bool is_deadline_new = false;
    RequestId last_told{-1};
    // Once for all that one commit says of a membership: a second touch is a second look, and finds what the first one left.
    std::set<MembershipId> touched;
    std::vector<RequestId> closing;
    const auto touch = [&](MembershipId id) {
        if (touched.insert(id).second) reconciler_.touch(id);
    };
    for (const Event& event : events) {
        const EventHeader& header = event.header;
        is_deadline_new = is_deadline_new || brings_a_deadline(event.body);
        if (const auto* intended = std::get_if<MembershipIntended>(&event.body)) {
            reconciler_.intended(intended->membership, intended->operation);
            touch(intended->membership);
        } else if (const auto* held = std::get_if<MembershipHeld>(&event.body)) {
            touch(held->membership);  // before it is intended: who works on it reads back before the addition is sent
        } else if (std::holds_alternative<GrantClosing>(event.body)) {
            closing.push_back(header.grant);
        } else if (std::holds_alternative<RequestApproved>(event.body)) {
            const bool is_opened = std::any_of(events.begin(), events.end(), [&](const Event& other) {
                return std::holds_alternative<GrantOpened>(other.body) && other.header.request == header.request;
            });
            if (!is_opened) opener_.touch(header.request);
        }
        for (const RequestId id : {header.request, header.grant}) {
            if (id.value == 0 || id == last_told) continue;
            changes_.happened(id);
            last_told = id;
        }
    }
    for (const RequestId grant : closing) spawn(world_, "touch_held", touch_held(grant, touched));
    if (is_deadline_new) world_.clock.wake();
    if (is_owing) performer_.touch();
}

/// But for those that were touched for the same commit.
boost::asio::awaitable<void> App::touch_held(RequestId grant, std::set<MembershipId> but) {
    auto job = [grant](Transaction& transaction) { return transaction.store().held_by(grant); };
    for (const MembershipId id : co_await world_.broker.look(job)) {
        if (!but.contains(id)) reconciler_.touch(id);
    }
}

boost::asio::awaitable<void> App::write_down(EventBody body, PolicyHash policy) {
    auto job = [&body, &policy](Transaction& transaction) {
        Transition transition;
        EventHeader header;
        header.actor = broker_actor("process");
        header.policy = policy;
        transition.add(header, body);
        transaction.apply(transition);
        return true;
    };
    co_await world_.broker.run(job);
}

/// A disk that is full now must not keep the broker from starting: removals are due.
boost::asio::awaitable<void> App::write_down_now_or_later(EventBody body) {
    const PolicyHash policy = world_.policy->hash;  // in force as this happens, whenever it is written down
    try {
        co_await write_down(body, policy);
        co_return;
    } catch (const StoreFault& fault) {
        log::alarm("store_unavailable", {{"why", fault.what()}});
    }
    spawn(world_, "write_down_later", write_down_later(std::move(body), policy));
}

boost::asio::awaitable<void> App::write_down_later(EventBody body, PolicyHash policy) {
    for (bool is_written = false; !is_written;) {
        co_await world_.clock.sleep_for(store_retry);
        try {
            co_await write_down(body, policy);
            is_written = true;
        } catch (const StoreFault&) {
            // Said already, and the timekeeper goes on saying so.
        }
    }
}

boost::asio::awaitable<void> App::first_round() {
    for (bool is_over = false; !is_over;) {
        try {
            co_await reconciler_.first_round();
            is_over = true;
        } catch (const StoreFault& fault) {
            log::alarm("store_unreadable", {{"why", fault.what()}});
        }
        if (!is_over) co_await world_.clock.sleep_for(store_retry);
    }
    is_first_round_over_ = true;
    opener_.allow();
    log::info("round_over");
    world_.clock.wake();
}

boost::asio::awaitable<void> App::claim_time() {
    co_await world_.clock.sleep_for(claim_within);
    for (bool is_done = false; !is_done;) {
        try {
            co_await holds_.drop_unclaimed();
            is_done = true;
        } catch (const StoreFault& fault) {
            log::error("claims_not_looked_through", {{"why", fault.what()}});
        }
        if (!is_done) co_await world_.clock.sleep_for(store_retry);
    }
}

boost::asio::awaitable<void> App::start(std::string version) {
    auto look = [](Transaction& transaction) { return transaction.is_clock_behind(); };
    const bool is_behind = co_await world_.broker.look(look);
    if (is_behind) log::alarm("clock_behind", {{"what", "the clock is behind the records: nothing is lent until it is set"}});
    EventBody started = BrokerStarted{version};
    co_await write_down_now_or_later(started);
    co_await reconciler_.start();
    static_cast<void>(co_await timekeeper_.tick());
    spawn(world_, "first_round", first_round());
    spawn(world_, "timekeeper", timekeeper_.run());
    spawn(world_, "beat", timekeeper_.beat());
    spawn(world_, "watch", timekeeper_.watch());
    spawn(world_, "performer", performer_.run());
    const BootTime listen = world_.clock.now().boot + world_.settings.listen_within;
    while (!is_first_round_over_ && world_.clock.now().boot < listen) {
        co_await world_.clock.sleep_for(std::chrono::milliseconds(20));
    }
}

void App::door_opened() { spawn(world_, "claim_time", claim_time()); }

/// False when they could not be asked for, or not be written down.
boost::asio::awaitable<bool> App::met_members(GroupId group) {
    std::optional<std::string> cursor;
    std::size_t count = 0;
    try {
        do {
            const MembersPage page = co_await world_.directory.members(group, cursor);
            auto job = [&page](Transaction& transaction) {
                for (const Person& person : page.members) transaction.store().remember_person(person.ref, transaction.now().utc);
                return true;
            };
            co_await world_.broker.run(job);
            count += page.members.size();
            cursor = page.cursor;
        } while (cursor && count < most_breakers);
    } catch (const Fault& fault) {
        co_return is_definite_no(fault.kind());
    } catch (const StoreFault&) {
        co_return false;
    }
    co_return true;
}

boost::asio::awaitable<void> App::meet_breakers(std::shared_ptr<const Policy> policy) {
    for (;;) {
        bool is_done = true;
        GroupIndex groups;
        try {
            groups = co_await gather_.groups(policy);
        } catch (const Fault&) {
            is_done = false;
        }
        std::set<GroupId> asked;
        for (const Entitlement& entitlement : policy->entitlements) {
            if (!entitlement.break_glass) continue;
            for (const GroupName& name : entitlement.break_glass->requesters) {
                const auto group = groups.find(name);
                if (group == groups.end() || !asked.insert(group->second).second) continue;
                const bool is_met = co_await met_members(group->second);
                is_done = is_done && is_met;
            }
        }
        co_await world_.clock.sleep_for(is_done ? meet_newcomers : meet_again);
        if (policy != world_.current_policy()) co_return;
    }
}

boost::asio::awaitable<void> App::put_in_force(Policy policy) {
    world_.policy = std::make_shared<const Policy>(std::move(policy));
    gather_.forget_groups();
    EventBody loaded = PolicyLoaded{};
    co_await write_down_now_or_later(loaded);
    spawn(world_, "meet_breakers", meet_breakers(world_.policy));
}

boost::asio::awaitable<void> App::drain() {
    holds_.let_go();
    timekeeper_.stop();
    changes_.end();
    co_await performer_.come_to_rest();
    try {
        auto counted = [this](Transaction& transaction) {
            refusals_.flush_all(transaction);
            return true;
        };
        co_await world_.broker.run(counted);
        EventBody stopped = BrokerStopped{};
        co_await write_down(stopped, world_.policy->hash);
    } catch (const StoreFault& fault) {
        log::error("stop_not_recorded", {{"why", fault.what()}});
    }
}

}  // namespace stint
