// The reading half of the service: who am I, what is there, what happened, tell me when it changes.
#include "app/broker_service.hpp"
#include "app/views.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <tuple>

namespace stint {

namespace {

constexpr Seconds reader_life{2};
constexpr std::size_t changes_at_once = 200;
constexpr Seconds counts_life{1};
constexpr std::size_t examined_at_once = 1000;
constexpr std::size_t most_met = 10'000;

bool is_auditor(const Policy& policy, const KnownCaller& caller) {
    return may_see_all(policy.roles, caller.person, caller.groups);
}

Refusal not_permitted() { return {RefusalCode::not_permitted, {}}; }

std::string filter_text(const SearchEvents& search) {
    std::string text;
    const auto add = [&text](const char* key, const std::string& value) {
        if (!value.empty()) text += std::string(text.empty() ? "" : " ") + key + "=" + value;
    };
    if (search.since) add("since", to_rfc3339(*search.since));
    if (search.until) add("until", to_rfc3339(*search.until));
    add("person", search.person);
    add("ticket", search.ticket);
    add("entitlement", search.entitlement);
    add("type", search.type);
    add("origin", search.origin);
    if (search.request) add("request", std::to_string(search.request->value));
    return text;
}

void write_down_reading(Transaction& transaction, const Actor& actor, const std::string& filter, std::size_t count) {
    Transition transition;
    EventHeader header;
    header.actor = actor;
    transition.add(header, LogRead{filter, static_cast<std::int64_t>(count)});
    transaction.apply(transition);
}

std::vector<RequestId> candidates(const Store& store, ListFilter filter, const PersonId& person, std::optional<RequestId> before, int limit) {
    switch (filter) {
    case ListFilter::mine: return store.requests_of(person, before, limit);
    case ListFilter::pending:
    case ListFilter::active: return store.live_requests(before, limit);
    case ListFilter::due: return store.reviews_waiting(before, limit);
    case ListFilter::all: return store.all_requests(before, limit);
    }
    return {};
}

bool matches(ListFilter filter, const RequestView& view) {
    const bool is_waiting = view.state == "pending" || view.state == "approved";
    switch (filter) {
    case ListFilter::pending: return is_waiting;
    case ListFilter::active: return !is_waiting;
    case ListFilter::mine:
    case ListFilter::due:
    case ListFilter::all: return true;
    }
    return true;
}

/// One page for this caller: those not theirs to see are passed over. The store thread is everybody's, so a call looks at
/// a bounded number, and says where to go on.
RequestPage page_for(const Store& store, const Policy& policy, const KnownCaller& caller, const ListRequests& command, const Now& now) {
    RequestPage page;
    std::optional<RequestId> before = command.before;
    for (std::size_t examined = 0; examined < examined_at_once;) {
        const auto ids = candidates(store, command.filter, caller.person.ref.id, before, 200);
        if (ids.empty()) return page;
        for (const RequestId id : ids) {
            before = id;
            ++examined;
            auto view = view_request(store, policy, caller, id, now);
            if (!view || !matches(command.filter, *view)) continue;
            page.requests.push_back(std::move(*view));
            if (static_cast<int>(page.requests.size()) < command.limit) continue;
            page.next = id;
            return page;
        }
    }
    page.next = before;
    return page;
}

}  // namespace

boost::asio::awaitable<void> BrokerService::write_down_refusal(Actor actor, std::string_view verb, Refusal refusal) {
    auto job = [this, &actor, &refusal, verb](Transaction& transaction) {
        refusals_.record(transaction, refused_ask(actor, std::string(verb), refusal, {}, {}, {}));
        return true;
    };
    try {
        co_await world_.broker.run(job);
    } catch (const StoreFault& fault) {
        log::warning("refusal_not_recorded", {{"verb", verb}, {"why", fault.what()}});
    }
}

Service::Answer<KnownCaller> BrokerService::identify(Caller caller, std::string_view verb) {
    auto known = co_await gather_.caller(caller);
    if (!known) {
        const Refusal refusal = known.refusal();
        const Actor nobody = actor_for(caller, {});
        if (!is_unanswered(refusal)) co_await write_down_refusal(nobody, verb, refusal);
        co_return refusal;
    }
    const PersonRef& person = known.value().person.ref;
    const auto met = met_.find(person.id);
    if (met != met_.end() && met->second == person) co_return known;
    auto job = [&person](Transaction& transaction) {
        transaction.store().remember_person(person, transaction.now().utc);
        return true;
    };
    try {
        co_await world_.broker.run(job);
        if (met_.size() >= most_met) met_.clear();
        met_.insert_or_assign(person.id, person);
    } catch (const StoreFault& fault) {
        log::warning("person_not_remembered", {{"why", fault.what()}});  // with the next command, then
    }
    co_return known;
}

Service::Answer<KnownCaller> BrokerService::reader(Caller caller, std::string_view verb) {
    const auto key = std::pair(caller.login, caller.act_as);
    const auto found = readers_.find(key);
    if (found != readers_.end() && found->second.policy == world_.current_policy() && !has_passed(found->second.until, world_.clock.now()))
        co_return found->second.caller;
    const auto policy = world_.current_policy();
    auto known = Result<KnownCaller>(not_permitted());
    try {
        known = co_await identify(caller, verb);
    } catch (const Fault& fault) {
        if (!is_not_sent(fault.kind())) throw;
        known = Refusal{RefusalCode::directory_unreachable, {}};
    }
    if (known && !known.value().person.is_enabled) {
        const Refusal disabled{RefusalCode::caller_disabled, {}};
        co_await write_down_refusal(known.value().actor, verb, disabled);
        co_return disabled;
    }
    if (known) remember_reader(caller, known.value(), policy);
    co_return known;
}

Service::Answer<KnownCaller> BrokerService::auditor(Caller caller, std::string_view verb) {
    const auto known = co_await reader(caller, verb);
    if (!known || is_auditor(*world_.current_policy(), known.value())) co_return known;
    const Refusal refusal = not_permitted();
    co_await write_down_refusal(known.value().actor, verb, refusal);
    co_return refusal;
}

Service::Answer<KnownCaller> BrokerService::requester_unseen(Caller caller, RequestId id) {
    if (caller.act_as && !world_.settings.may_act_as) co_return not_permitted();
    const Login login = caller.act_as.value_or(caller.login);
    auto job = [id, login](Transaction& transaction) -> std::optional<PersonRef> {
        const auto person = transaction.store().remembered_person(login);
        const auto request = transaction.store().request(id);
        if (!person || !request || request->requester.id != person->id) return std::nullopt;
        return person;
    };
    const auto person = co_await world_.broker.look(job);
    if (!person) co_return Refusal{RefusalCode::directory_unreachable, {}};
    KnownCaller known;
    known.person.ref = *person;
    known.person.is_enabled = true;
    known.actor = actor_for(caller, person->id);
    known.actor.auth += "+remembered";
    if (caller.act_as) known.acting = PersonRef{{}, caller.login, {}, {}};
    co_return known;
}

Service::Answer<KnownCaller> BrokerService::reader_of(Caller caller, RequestId id, std::string_view verb) {
    auto known = co_await reader(caller, verb);
    if (known || known.refusal().code != RefusalCode::directory_unreachable) co_return known;
    co_return co_await requester_unseen(caller, id);
}

void BrokerService::remember_reader(const Caller& caller, const KnownCaller& known, std::shared_ptr<const Policy> policy) {
    if (readers_.size() > 1000) readers_.clear();
    readers_.insert_or_assign({caller.login, caller.act_as}, Reader{known, deadline_after(world_.clock.now(), reader_life), std::move(policy)});
}

Service::Answer<WhoamiView> BrokerService::whoami(Caller caller) {
    const auto known = co_await reader(caller, "whoami");
    if (!known) co_return known.refusal();
    co_return view_caller(*world_.current_policy(), known.value());
}

Service::Answer<std::vector<EntitlementView>> BrokerService::entitlements(Caller caller) {
    const auto known = co_await reader(caller, "entitlements");
    if (!known) co_return known.refusal();
    const auto policy = world_.current_policy();
    const bool is_seeing_all = is_auditor(*policy, known.value());
    std::vector<EntitlementView> views;
    for (const Entitlement& entitlement : policy->entitlements) {
        EntitlementView view = view_entitlement(entitlement, known.value());
        if (view.may_request || view.may_break_glass || is_seeing_all) views.push_back(std::move(view));
    }
    co_return views;
}

Service::Answer<RequestView> BrokerService::show(Caller caller, RequestId id) {
    const auto known = co_await reader_of(caller, id, "show");
    if (!known) co_return known.refusal();
    const auto policy = world_.current_policy();
    const KnownCaller& who = known.value();
    auto job = [&who, &policy, id](Transaction& transaction) {
        return view_request(transaction.store(), *policy, who, id, transaction.now());
    };
    auto view = co_await world_.broker.look(job);
    if (!view) co_return Refusal{RefusalCode::request_unknown, {}};
    co_return std::move(*view);
}

Service::Answer<RequestPage> BrokerService::list(Caller caller, ListRequests command) {
    const auto known = co_await reader(caller, "list");
    if (!known) co_return known.refusal();
    const auto policy = world_.current_policy();
    const KnownCaller& who = known.value();
    auto job = [&who, &policy, &command](Transaction& transaction) {
        return page_for(transaction.store(), *policy, who, command, transaction.now());
    };
    co_return co_await world_.broker.look(job);
}

Service::Answer<std::vector<FindingView>> BrokerService::findings(Caller caller) {
    const auto known = co_await auditor(caller, "findings");
    if (!known) co_return known.refusal();
    auto job = [](Transaction& transaction) {
        std::vector<FindingView> views;
        for (const Finding& finding : transaction.store().open_findings(1000)) views.push_back(view_finding(transaction.store(), finding));
        return views;
    };
    co_return co_await world_.broker.look(job);
}

Service::Answer<EventPage> BrokerService::search(Caller caller, SearchEvents command) {
    const auto known = co_await auditor(caller, "search");
    if (!known) co_return known.refusal();
    std::optional<PersonId> person;
    if (!command.person.empty()) {
        auto remembered = [&command](Transaction& transaction) { return transaction.store().remembered_person(Login(command.person)); };
        const auto found = co_await world_.broker.look(remembered);
        person = found ? found->id : PersonId();
    }
    const bool is_anybody = !person || !person->empty();
    const Actor actor = known.value().actor;
    auto job = [&command, &person, &actor, is_anybody](Transaction& transaction) {
        EventPage page;
        std::vector<StoredEvent> found;
        if (is_anybody) found = transaction.store().search(command, person);
        for (const StoredEvent& event : found) page.events.push_back(view_event(transaction.store(), event));
        if (static_cast<int>(page.events.size()) >= command.limit) page.next = page.events.back().seq;
        write_down_reading(transaction, actor, filter_text(command), page.events.size());
        return page;
    };
    co_return co_await world_.broker.run(job);
}

Service::Answer<EventView> BrokerService::event(Caller caller, EventSeq seq) {
    const auto known = co_await auditor(caller, "event");
    if (!known) co_return known.refusal();
    const Actor actor = known.value().actor;
    auto job = [seq, &actor](Transaction& transaction) -> std::optional<EventView> {
        const auto event = transaction.store().event(seq);
        write_down_reading(transaction, actor, "seq=" + std::to_string(seq.value), event ? 1 : 0);
        if (!event) return std::nullopt;
        return view_event(transaction.store(), *event);
    };
    auto view = co_await world_.broker.run(job);
    if (!view) co_return Refusal{RefusalCode::event_unknown, {}};
    co_return std::move(*view);
}

/// The store thread is everybody's, so a call looks at a bounded number of events, and says how far it came.
Service::Answer<Told> BrokerService::changes(Caller caller, std::optional<RequestId> request, std::optional<EventSeq> after,
                                             Seconds patience, std::shared_ptr<Listener> listener) {
    const Deadline until = deadline_after(world_.clock.now(), patience);
    for (std::size_t examined = 0;;) {
        const auto known = co_await reader_of(caller, request.value_or(RequestId{}), "changes");
        if (!known) co_return known.refusal();
        const auto policy = world_.current_policy();
        const KnownCaller& who = known.value();
        const auto watch = changes_.watch(request.value_or(RequestId{}));
        const bool is_first_look = !after;
        std::size_t count = 0;
        auto job = [&who, &policy, request, &after, &count](Transaction& transaction) {
            const Store& store = transaction.store();
            std::vector<Change> changes;
            if (!after) {
                after = store.last_event();
                if (!request) return changes;
                if (auto view = view_request(store, *policy, who, *request, transaction.now())) changes.push_back({*after, std::move(*view)});
                return changes;
            }
            const auto events = store.events_after(*after, request.value_or(RequestId{}), static_cast<int>(changes_at_once));
            count = events.size();
            for (const auto& [seq, id] : events) {
                after = seq;
                std::erase_if(changes, [id = id](const Change& change) { return change.request.id == id; });
                if (auto view = view_request(store, *policy, who, id, transaction.now())) changes.push_back({seq, std::move(*view)});
            }
            if (count < changes_at_once) after = std::max(*after, store.last_event());
            return changes;
        };
        Told told;
        told.changes = co_await world_.broker.look(job);
        told.through = *after;
        if (!told.changes.empty()) co_return std::move(told);
        if (is_first_look && request) co_return Refusal{RefusalCode::request_unknown, {}};
        examined += count;
        if (examined >= examined_at_once) co_return std::move(told);
        if (count >= changes_at_once) continue;  // all of them somebody else's
        const auto left = std::chrono::ceil<Seconds>(time_left(until, world_.clock.now()));
        if (left <= Seconds(0) || changes_.is_over() || listener->is_gone()) co_return std::move(told);
        listener->on_leave([watch] { Changes::end(*watch); });
        // Without news there is nothing to look for: whoever waits on asks again, and is looked up then.
        const bool has_news = co_await Changes::wait(watch, left);
        if (!has_news || listener->is_gone()) co_return std::move(told);
        examined = 0;
    }
}

Service::Answer<std::shared_ptr<Hold>> BrokerService::hold(Caller caller, RequestId id) {
    const auto known = co_await reader_of(caller, id, "hold");
    if (!known) co_return known.refusal();
    auto job = [id](Transaction& transaction) { return transaction.store().request(id); };
    const auto request = co_await world_.broker.look(job);
    if (!request || request->requester.id != known.value().person.ref.id) co_return Refusal{RefusalCode::request_unknown, {}};
    if (!request->is_attached) co_return Refusal{RefusalCode::not_permitted, "the request was not filed to be held by a connection"};
    auto hold = holds_.take(id);
    opener_.touch(id);
    co_return hold;
}

/// Anybody may ask, as often as they like, so the records are counted once a second at most.
boost::asio::awaitable<Health> BrokerService::health() {
    const bool is_counted = counted_until_ && !has_passed(*counted_until_, world_.clock.now());
    bool is_readable = true;
    if (!is_counted) {
        try {
            auto job = [](Transaction& transaction) {
                return std::pair(transaction.store().counts(), transaction.store().owed_count());
            };
            std::tie(counts_, owed_) = co_await world_.broker.look(job);
            counted_until_ = deadline_after(world_.clock.now(), counts_life);
        } catch (const StoreFault&) {
            is_readable = false;
        }
    }
    Health health;
    health.is_ready = opener_.is_allowed();
    health.has_policy = !world_.policy->hash.empty();
    health.is_directory_reachable = reconciler_.is_directory_reachable();
    health.is_store_writable = is_readable && world_.broker.is_store_writable();
    if (!is_readable) co_return health;
    health.open_grants = counts_.open_grants;
    health.closing_grants = counts_.closing_grants;
    health.pending = counts_.pending;
    health.overdue = counts_.overdue;
    health.stuck = counts_.stuck;
    health.findings = counts_.findings;
    health.grants_total = counts_.grants_total;
    health.removals_proven_total = counts_.closed_total;
    health.outbox = owed_;
    co_return health;
}

}  // namespace stint
