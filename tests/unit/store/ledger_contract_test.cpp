// One contract, two ledgers: after the same random history the store answers every question as the ledger in memory
// does, what is due is what the records say is due, and the log rebuilds the tables.
#include "core/apply.hpp"
#include "core/random_history.hpp"
#include "store/story.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>

using namespace stint;
using namespace stint::test;

namespace {

constexpr int all = 100'000;

template <class T>
std::vector<T> sorted(std::vector<T> list) {
    std::sort(list.begin(), list.end());
    return list;
}

void expect_same_records(const Store& store, const MemoryLedger& memory) {
    for (const auto& [id, request] : memory.requests()) {
        ASSERT_EQ(store.request(id), request);
        ASSERT_EQ(store.approvals(id), memory.approvals(id));
        ASSERT_EQ(store.grant(id), memory.grant(id));
        ASSERT_EQ(store.review(id), memory.review(id));
        ASSERT_EQ(store.held_by(id), sorted(memory.held_by(id)));
        const PersonId& person = request.requester.id;
        ASSERT_EQ(store.live_requests_of(person), sorted(memory.live_requests_of(person)));
        for (RequestId id{1}; id < memory.next_request(); ++id.value) {
            const Utc since = memory.request(id)->created_at;
            ASSERT_EQ(store.requests_since(person, since), sorted(memory.requests_since(person, since)));
        }
        ASSERT_EQ(store.has_overdue_review(person), memory.has_overdue_review(person));
    }
    for (const auto& [id, membership] : memory.memberships()) {
        ASSERT_EQ(store.membership(id), membership);
        ASSERT_EQ(store.membership_of(membership.group.id, membership.person.id), membership);
        ASSERT_EQ(store.holders(id), sorted(memory.holders(id)));
        ASSERT_EQ(store.has_stuck_removal(membership.group.id), memory.has_stuck_removal(membership.group.id));
    }
    for (const auto& [id, finding] : memory.findings()) {
        ASSERT_EQ(store.finding(id), finding);
        ASSERT_EQ(store.open_finding(finding.kind, finding.group, finding.person, finding.request),
                  memory.open_finding(finding.kind, finding.group, finding.person, finding.request));
        ASSERT_EQ(store.open_finding(finding.kind, finding.group, finding.person, std::nullopt),
                  memory.open_finding(finding.kind, finding.group, finding.person, std::nullopt));
    }
    ASSERT_EQ(store.next_request(), memory.next_request());
    ASSERT_EQ(store.next_membership(), memory.next_membership());
    ASSERT_EQ(store.next_finding(), memory.next_finding());
}

/// The numbers of the records that fit, in order.
template <class Key, class Record>
std::vector<Key> those(const std::map<Key, Record>& records, const std::function<bool(const Record&)>& fits) {
    std::vector<Key> found;
    for (const auto& [id, record] : records) {
        if (fits(record)) found.push_back(id);
    }
    return found;
}

void expect_same_due(const Store& store, const MemoryLedger& memory, const Now& now) {
    const auto grants = [&](const std::function<bool(const Grant&)>& fits) { return those<RequestId, Grant>(memory.grants(), fits); };
    const auto requests = [&](const std::function<bool(const Request&)>& fits) { return those<RequestId, Request>(memory.requests(), fits); };
    const auto reviews = [&](const std::function<bool(const Review&)>& fits) { return those<RequestId, Review>(memory.reviews(), fits); };
    const auto memberships = [&](const std::function<bool(const Membership&)>& fits) { return those<MembershipId, Membership>(memory.memberships(), fits); };
    const auto is_held_by = [&](const Membership& membership, const std::function<bool(GrantState)>& fits) {
        const auto holders = memory.holders(membership.id);
        return std::any_of(holders.begin(), holders.end(), [&](RequestId id) { return fits(memory.grant(id)->state); });
    };
    const Utc soon = now.utc + Seconds(300);

    ASSERT_EQ(sorted(store.grants_past_end(now, all)), grants([&](const Grant& one) { return is_open(one.state) && has_passed(one.not_after, now); }));
    ASSERT_EQ(sorted(store.grants_to_warn(soon, all)),
              grants([&](const Grant& one) { return is_open(one.state) && !one.is_warned && one.not_after.utc <= soon; }));
    ASSERT_EQ(store.open_grants(RequestId{2}, all), grants([](const Grant& one) { return is_open(one.state) && one.id.value > 2; }));
    ASSERT_EQ(sorted(store.requests_past_lapse(now.utc, all)),
              requests([&](const Request& one) { return !has_ended(one.state) && one.lapses_at <= now.utc; }));
    ASSERT_EQ(sorted(store.requests_to_open(now.utc, all)), requests([&](const Request& one) {
                  return one.state == RequestState::approved && (!one.start_at || *one.start_at <= now.utc);
              }));
    ASSERT_EQ(store.pending_requests(RequestId{1}, all), requests([](const Request& one) { return one.state == RequestState::pending && one.id.value > 1; }));
    ASSERT_EQ(sorted(store.reviews_past_due(now.utc, all)),
              reviews([&](const Review& one) { return one.state == ReviewState::due && one.due_at <= now.utc; }));
    ASSERT_EQ(sorted(store.reviews_waiting(std::nullopt, all)), reviews([](const Review& one) { return one.state != ReviewState::done; }));
    ASSERT_EQ(store.unsettled_memberships(MembershipId{}, all), memberships([&](const Membership& one) {
                  return one.intent || is_held_by(one, [](GrantState state) { return state == GrantState::opening || state == GrantState::closing; });
              }));
    ASSERT_EQ(store.held_memberships(MembershipId{}, all), memberships([&](const Membership& one) { return is_held_by(one, is_open); }));
    ASSERT_EQ(store.memberships_to_sweep(now.utc, MembershipId{1}, all),
              memberships([&](const Membership& one) { return one.sweep_until && *one.sweep_until > now.utc && one.id.value > 1; }));
    for (const bool is_stuck : {false, true}) {
        ASSERT_EQ(sorted(store.removals_late_by(Seconds(60), now, is_stuck, all)), memberships([&](const Membership& one) {
                      return one.removal_due_at && lateness(*one.removal_due_at, now) > Seconds(60) && !(is_stuck ? one.is_stuck : one.is_overdue);
                  }));
    }
    ASSERT_EQ(sorted(store.live_requests(std::nullopt, all)), requests([&](const Request& one) {
                  const auto grant = memory.grant(one.id);
                  return !has_ended(one.state) || (grant && grant->state != GrantState::closed);
              }));
    ASSERT_EQ(sorted(store.all_requests(std::nullopt, all)), requests([](const Request&) { return true; }));

    const auto counts = store.counts();
    const auto count = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
    ASSERT_EQ(counts.closing_grants, count(grants([](const Grant& one) { return one.state == GrantState::closing; })));
    ASSERT_EQ(counts.open_grants, count(grants([](const Grant& one) { return is_open(one.state); })));
    ASSERT_EQ(counts.closed_total, count(grants([](const Grant& one) { return one.state == GrantState::closed; })));
    ASSERT_EQ(counts.grants_total, count(memory.grants()));
    ASSERT_EQ(counts.pending, count(requests([](const Request& one) { return one.state == RequestState::pending; })));
    ASSERT_EQ(counts.overdue, count(memberships([](const Membership& one) { return one.is_overdue; })));
    ASSERT_EQ(counts.stuck, count(memberships([](const Membership& one) { return one.is_stuck; })));
    ASSERT_EQ(counts.findings, count(those<FindingId, Finding>(memory.findings(), [](const Finding& one) { return !one.cleared_at; })));
    ASSERT_EQ(count(store.open_findings(all)), counts.findings);
}

/// By the records, one after the other: how long until the nearest of all that time brings about.
std::optional<std::chrono::microseconds> nearest(const MemoryLedger& memory, const Now& now) {
    std::optional<std::chrono::microseconds> least;
    const auto look_at = [&least](std::chrono::microseconds left) { least = least ? std::min(*least, left) : left; };
    for (const auto& [id, grant] : memory.grants()) {
        if (!is_open(grant.state)) continue;
        look_at(time_left(grant.not_after, now));
        if (!grant.is_warned) look_at(grant.not_after.utc - std::chrono::minutes(5) - now.utc);
    }
    for (const auto& [id, request] : memory.requests()) {
        if (has_ended(request.state)) continue;
        look_at(request.lapses_at - now.utc);
        if (request.state == RequestState::approved && request.start_at && *request.start_at > now.utc) look_at(*request.start_at - now.utc);
    }
    for (const auto& [id, review] : memory.reviews()) {
        if (review.state == ReviewState::due) look_at(review.due_at - now.utc);
    }
    return least;
}

}  // namespace

RC_GTEST_PROP(LedgerContract, TheStoreAnswersAsTheLedgerInMemory, ()) {
    const auto history = *rc::gen::resize(150, rc::gen::container<std::vector<Step>>(steps()));
    const TempFolder folder;
    std::int64_t events = 0;
    Utc last_at{};
    {
        Store store(folder.database(), seeded_salts());
        ModelWorld world;
        world.on_commit = [&](const Transition& transition, const Now& now) {
            const Store::Batch batch(store);
            store.begin();
            store.savepoint();
            for (const Event& event : transition.events) {
                if (!may_follow(std::exchange(last_at, now.utc), event, now.utc)) ++events;  // a word of the step before it
                RC_ASSERT(store.append(event, now).value == ++events);
            }
            for (const Effect& effect : transition.effects) store.owe(effect, now);
            store.release_savepoint();
            store.commit();
        };
        for (const Step& step : history) {
            take(world, step);
            const auto next = store.next_deadline(world.now());
            const auto expected = nearest(world.ledger(), world.now());
            RC_ASSERT(next.has_value() == expected.has_value());
            if (next) {
                RC_ASSERT((next->utc - world.now().utc) == *expected);
                RC_ASSERT((next->boot - world.now().boot) == *expected);
                RC_ASSERT(next->boot_id == world.now().boot_id);
            }
        }
        expect_same_records(store, world.ledger());
        expect_same_due(store, world.ledger(), world.now());
        world.heal_and_settle();
        {
            const Store::Batch batch(store);
            expect_same_records(store, world.ledger());
        }
        expect_same_records(store, world.ledger());
        expect_same_due(store, world.ledger(), world.now());
        RC_ASSERT(!::testing::Test::HasFatalFailure());
        RC_ASSERT(store.last_event().value == events);
        RC_ASSERT(replay_and_compare(folder.database()).empty());
    }
    RC_ASSERT(replay_and_compare(folder.database()).empty());
}
