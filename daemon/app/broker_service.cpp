// The commands: each gathers, judges and commits in one transaction, and answers with what the caller may see.
#include "app/broker_service.hpp"

#include "app/views.hpp"
#include "audit/commitment.hpp"
#include "core/closing.hpp"
#include "core/deciding.hpp"
#include "core/reviewing.hpp"
#include "log/log.hpp"

namespace stint {

namespace {

/// Carries a judged dry run out of a transaction that must leave nothing behind.
struct DryRun {
    Result<RequestView> answer;
};

/// Lengths make the parts unmistakable.
std::string content_of(const std::vector<std::string>& parts) {
    std::string content;
    for (const std::string& part : parts) content += std::to_string(part.size()) + ":" + part;
    return content;
}

std::string text_of(const std::optional<Seconds>& length) { return length ? std::to_string(length->count()) : std::string(); }

Refusal not_writable(const StoreFault& fault) {
    log::error("store_unavailable", {{"why", fault.what()}});
    return {RefusalCode::store_unavailable, {}};
}

Refusal not_reachable(std::string detail = {}) { return {RefusalCode::directory_unreachable, std::move(detail)}; }

/// Somebody as the directory last told, while it is down. They hold no group.
KnownCaller unseen(const Caller& caller, const PersonRef& person) {
    KnownCaller known;
    known.person.ref = person;
    known.person.is_enabled = true;
    known.actor = actor_for(caller, person.id);
    known.actor.auth += "+remembered";  // the record says that the directory was not asked who it is
    return known;
}

FilingFacts facts_about(const KnownCaller& caller) {
    FilingFacts facts;
    facts.actor = caller.actor;
    facts.requester = caller.person;
    facts.groups = caller.groups;
    return facts;
}

OpeningFacts opening_facts(const FilingFacts& facts) {
    OpeningFacts opening;
    opening.requester = facts.requester;
    opening.groups = facts.groups;
    opening.ticket = facts.ticket;
    opening.readings = facts.readings;
    return opening;
}

/// A dry run tells of every broken rule at once, as long as the person may ask at all.
Refusal with_others(Refusal refusal, const std::vector<JudgedRule>& rules) {
    std::string others;
    bool is_among = false;
    for (const JudgedRule& judged : rules) {
        if (!judged.broken) continue;
        const bool is_this = judged.broken->code == refusal.code;
        is_among = is_among || is_this;
        if (!is_this) others.append(others.empty() ? "" : ", ").append(to_text(judged.broken->code));
    }
    if (is_among && !others.empty()) refusal.detail.append(refusal.detail.empty() ? "" : "; ").append("broken as well: " + others);
    return refusal;
}

void find_standing(Transaction& transaction, const FilingFacts& facts) {
    for (const Reading& reading : facts.readings) {
        const auto standing = standing_as(transaction.store(), facts.requester, reading, transaction.now());
        if (!standing) continue;
        EventHeader header;
        header.actor = broker_actor("directory");
        header.subject = facts.requester.ref.id;
        Transition transition;
        find_standing(transaction.store(), transition, header, reading.group, *standing);
        transaction.apply(transition);
    }
}

}  // namespace

BrokerService::BrokerService(World& world, Gather& gather, Opener& opener, Reconciler& reconciler, Changes& changes, Holds& holds,
                             Refusals& refusals)
    : world_(world), gather_(gather), opener_(opener), reconciler_(reconciler), changes_(changes), holds_(holds), refusals_(refusals) {}

std::string BrokerService::digest_of(const Filing& filing) { return audit::commitment(Salt{}, filing.verb, filing.content); }

Service::Answer<RequestView> BrokerService::file_it(KnownCaller caller, FilingFacts facts, Filing filing,
                                                    std::shared_ptr<const Policy> policy) {
    const std::string digest = digest_of(filing);
    const bool may_open = opener_.is_allowed();  // this thread's to know, not the store's
    auto job = [this, &caller, &facts, &filing, &policy, &digest, may_open](Transaction& transaction) -> Result<RequestView> {
        Store& store = transaction.store();
        const Now& now = transaction.now();
        const PersonId& person = caller.person.ref.id;
        if (!filing.key.empty() && !filing.is_dry_run) {
            if (const auto earlier = store.idempotent(person, filing.key)) {
                if (earlier->digest != digest) return Refusal{RefusalCode::idempotency_key_reused, {}};
                if (auto view = view_request(store, *policy, caller, earlier->request, now)) return *view;
            }
        }
        facts.is_clock_behind = transaction.is_clock_behind();
        // Before anything is filed: what is filed would stand in its own way.
        std::vector<JudgedRule> rules;
        if (filing.rules) rules = filing.rules(store, facts, now);
        const auto judged = filing.judge(store, *policy, facts, now);
        if (!judged) {
            if (filing.is_dry_run) return with_others(judged.refusal(), rules);
            if (judged.refusal().code == RefusalCode::already_standing_member) find_standing(transaction, facts);
            // What was only typed may be anything, a patient's name too: the log gets what policy and ticket system know.
            const auto entitlement = policy->find(filing.entitlement) != nullptr ? filing.entitlement : EntitlementName();
            const auto ticket = facts.ticket.sight == TicketSight::seen ? filing.ticket : TicketId();
            refusals_.record(transaction, refused_ask(caller.actor, filing.verb, judged.refusal(), entitlement, ticket, {}));
            return judged.refusal();
        }
        const RequestId id = judged.value().events.front().header.request;
        transaction.apply(judged.value());
        const auto request = store.request(id);
        const bool is_openable = request && request->state == RequestState::approved && may_open && !filing.is_attached &&
                                 !facts.readings.empty() && request->kind != RequestKind::extension;
        if (is_openable) static_cast<void>(open_within(transaction, *policy, opening_facts(facts), id));
        if (!filing.key.empty()) store.remember_idempotent(person, filing.key, {id, digest}, now.utc);
        store.remember_person(caller.person.ref, now.utc);
        auto view = view_request(store, *policy, caller, id, now);
        if (!view) return Refusal{RefusalCode::request_unknown, {}};
        if (filing.is_dry_run) {
            add_preview(*view, rules, facts.ticket, filing.able, now);
            throw DryRun{std::move(*view)};
        }
        return *view;
    };
    try {
        co_return co_await world_.broker.run(job);
    } catch (DryRun& dry) {
        if (dry.answer) dry.answer.value().id = {};
        co_return std::move(dry.answer);
    } catch (const StoreFault& fault) {
        co_return not_writable(fault);
    }
}

BrokerService::Filing BrokerService::filing_of(const FileRequest& command, const std::string& idempotency_key) {
    Filing filing{"request", idempotency_key, {}, command.entitlement, command.ticket, command.is_dry_run, command.is_attached, {}};
    filing.content = content_of({command.entitlement.value, command.ticket.value, command.reason, command.impact, command.action,
                                 command.affected, text_of(command.duration), command.start_at ? to_rfc3339(*command.start_at) : "",
                                 command.is_attached ? "attached" : ""});
    for (const std::string& method : command.verified) filing.content += content_of({method});
    filing.judge = [command](const Store& store, const Policy& rules, const FilingFacts& seen, const Now& now) {
        return file_request(store, rules, seen, command, now);
    };
    return filing;
}

Service::Answer<RequestView> BrokerService::file(Caller caller, FileRequest command, std::string idempotency_key) {
    Filing filing = filing_of(command, idempotency_key);
    try {
        const auto known = co_await identify(caller, "request");
        if (!known) co_return known.refusal();
        const auto policy = world_.current_policy();
        if (known.value().person.is_enabled) remember_reader(caller, known.value(), policy);  // who asks looks on next
        FilingFacts facts = facts_about(known.value());
        const Entitlement* entitlement = policy->find(command.entitlement);
        if (entitlement != nullptr) facts.groups = co_await gather_.groups_for(policy, entitlement);
        if (entitlement != nullptr && is_in_any(facts.requester, entitlement->requesters, facts.groups)) {
            facts.ticket = co_await gather_.ticket(entitlement, command.ticket);
            facts.readings = co_await gather_.readings(entitlement, facts.requester.ref);
        }
        if (command.is_dry_run && entitlement != nullptr) {
            filing.rules = [command, entitlement](const Store& store, const FilingFacts& seen, const Now& now) {
                return judge_request(store, *entitlement, seen, command, now);
            };
            filing.able = co_await gather_.able(entitlement, facts.requester.ref.id);
        }
        co_return co_await file_it(known.value(), facts, filing, policy);
    } catch (const Fault& fault) {
        log::warning("nothing_filed", {{"why", fault.what()}});  // out of order is as good as away
    }
    const Refusal otherwise = not_reachable("nothing was filed; in an emergency break-glass is filed without it");
    co_return co_await filed_earlier(caller, filing, otherwise);
}

/// The directory is down: what this key has filed already, by whom the directory last told the caller is; else `otherwise`.
Service::Answer<RequestView> BrokerService::filed_earlier(Caller caller, Filing filing, Refusal otherwise) {
    if (filing.key.empty() || filing.is_dry_run) co_return otherwise;
    if (caller.act_as && !world_.settings.may_act_as) co_return Refusal{RefusalCode::not_permitted, {}};
    const std::string digest = digest_of(filing);
    const auto policy = world_.current_policy();
    auto look = [&caller, &filing, &otherwise, &digest, &policy](Transaction& transaction) -> Result<RequestView> {
        const auto person = transaction.store().remembered_person(caller.act_as.value_or(caller.login));
        if (!person) return otherwise;
        const auto earlier = transaction.store().idempotent(person->id, filing.key);
        if (!earlier) return otherwise;
        if (earlier->digest != digest) return Refusal{RefusalCode::idempotency_key_reused, {}};
        if (auto view = view_request(transaction.store(), *policy, unseen(caller, *person), earlier->request, transaction.now())) return *view;
        return otherwise;
    };
    co_return co_await world_.broker.look(look);
}

BrokerService::Filing BrokerService::filing_of(const BreakGlass& command, const std::string& idempotency_key, bool is_directory_down) {
    Filing filing{"break_glass", idempotency_key, {}, command.entitlement, command.ticket, false, command.is_attached, {}};
    filing.content = content_of({command.entitlement.value, command.ticket.value, command.reason, text_of(command.duration)});
    filing.judge = [command, is_directory_down](const Store& store, const Policy& rules, const FilingFacts& seen, const Now& now) {
        return file_break_glass(store, rules, seen, is_directory_down, command, now);
    };
    return filing;
}

Service::Answer<RequestView> BrokerService::break_glass(Caller caller, BreakGlass command, std::string idempotency_key) {
    std::optional<KnownCaller> known;
    try {
        auto told = co_await identify(caller, "break_glass");
        // A directory that answers and is out of order is as good as none: patients come first.
        if (!told && !is_unanswered(told.refusal())) co_return told.refusal();
        if (told) known = std::move(told.value());
    } catch (const Fault& fault) {
        log::warning("break_glass_unseen", {{"why", fault.what()}});
    }
    if (!known) co_return co_await break_glass_unseen(caller, command, idempotency_key);
    const auto policy = world_.current_policy();
    FilingFacts facts = facts_about(*known);
    const Entitlement* entitlement = policy->find(command.entitlement);
    bool is_directory_down = false;
    try {
        const bool has_rule = entitlement != nullptr && entitlement->break_glass && facts.requester.is_enabled;
        if (has_rule) facts.groups = co_await gather_.groups_for(policy, entitlement);
        const bool may_ask = has_rule && is_in_any(facts.requester, entitlement->break_glass->requesters, facts.groups);
        if (may_ask) facts.readings = co_await gather_.readings(entitlement, facts.requester.ref);
    } catch (const Fault& fault) {
        is_directory_down = true;
        log::warning("break_glass_unread", {{"why", fault.what()}});
    }
    const Filing filing = filing_of(command, idempotency_key, is_directory_down);
    co_return co_await file_it(*known, facts, filing, policy);
}

/// The directory is down: who the caller is, is what it last told; it is judged, and opened, the moment it returns.
Service::Answer<RequestView> BrokerService::break_glass_unseen(Caller caller, BreakGlass command, std::string idempotency_key) {
    if (caller.act_as && !world_.settings.may_act_as) co_return Refusal{RefusalCode::not_permitted, {}};
    const Login login = caller.act_as.value_or(caller.login);
    auto look = [login](Transaction& transaction) { return transaction.store().remembered_person(login); };
    const auto person = co_await world_.broker.look(look);
    if (!person) co_return not_reachable("the broker has not met you yet, so it cannot know you without the directory");
    const KnownCaller known = unseen(caller, *person);
    const Filing filing = filing_of(command, idempotency_key, true);
    FilingFacts facts = facts_about(known);
    const auto policy = world_.current_policy();
    co_return co_await file_it(known, facts, filing, policy);
}

Service::Answer<RequestView> BrokerService::extend(Caller caller, RequestId id, Extend command, std::string idempotency_key) {
    Filing filing;
    filing.verb = "extend";
    filing.key = std::move(idempotency_key);
    filing.content = content_of({std::to_string(id.value), std::to_string(command.duration.count()), command.reason});
    filing.judge = [command, id](const Store& store, const Policy& rules, const FilingFacts& seen, const Now& now) {
        return file_extension(store, rules, seen, id, command, now);
    };
    try {
        const auto known = co_await identify(caller, "extend");
        if (!known) co_return known.refusal();
        const auto policy = world_.current_policy();
        auto read = [id](Transaction& transaction) { return transaction.store().grant(id); };
        const auto grant = co_await world_.broker.look(read);
        FilingFacts facts = facts_about(known.value());
        const Entitlement* entitlement = grant ? policy->find(grant->entitlement) : nullptr;
        if (entitlement != nullptr) facts.groups = co_await gather_.groups_for(policy, entitlement);
        if (entitlement != nullptr) facts.ticket = co_await gather_.ticket(entitlement, grant->ticket);
        co_return co_await file_it(known.value(), facts, filing, policy);
    } catch (const Fault& fault) {
        log::warning("nothing_filed", {{"why", fault.what()}});  // out of order is as good as away
    }
    const Refusal otherwise = not_reachable("nothing was filed; the grant ends when it would have");
    co_return co_await filed_earlier(caller, filing, otherwise);
}

Service::Answer<KnownCaller> BrokerService::decider(Caller caller, RequestId id, Closes closes, std::string_view verb) {
    try {
        co_return co_await identify(caller, verb);
    } catch (const Fault& fault) {
        if (!is_not_sent(fault.kind())) throw;
    }
    if (closes == Closes::no) co_return not_reachable();
    co_return co_await requester_unseen(caller, id);
}

Service::Answer<RequestView> BrokerService::decide(Caller caller, std::string verb, RequestId id, Closes closes, Decide judge) {
    try {
        const auto known = co_await decider(caller, id, closes, verb);
        if (!known) co_return known.refusal();
        const auto policy = world_.current_policy();
        const KnownCaller& who = known.value();
        auto job = [this, &who, &policy, &verb, &judge, id](Transaction& transaction) -> Result<RequestView> {
            const DeciderFacts facts{who.actor, who.person, who.groups};
            const auto judged = judge(transaction.store(), *policy, facts, transaction.now());
            if (!judged) {
                refusals_.record(transaction, refused_ask(who.actor, verb, judged.refusal(), {}, {}, id));
                return judged.refusal();
            }
            transaction.apply(judged.value());
            transaction.store().remember_person(who.person.ref, transaction.now().utc);
            auto view = view_request(transaction.store(), *policy, who, id, transaction.now());
            if (!view) return Refusal{RefusalCode::request_unknown, {}};
            return *view;
        };
        co_return co_await world_.broker.run(job);
    } catch (const StoreFault& fault) {
        co_return not_writable(fault);
    }
}

Service::Answer<RequestView> BrokerService::approve(Caller caller, RequestId id, Approve command) {
    Decide judge = [command, id](const Store& store, const Policy& policy, const DeciderFacts& facts, const Now& now) {
        return stint::approve(store, policy, facts, id, command, now);
    };
    co_return co_await decide(caller, "approve", id, Closes::no, judge);
}

Service::Answer<RequestView> BrokerService::deny(Caller caller, RequestId id, Deny command) {
    Decide judge = [command, id](const Store& store, const Policy& policy, const DeciderFacts& facts, const Now& now) {
        return stint::deny(store, policy, facts, id, command, now);
    };
    co_return co_await decide(caller, "deny", id, Closes::no, judge);
}

Service::Answer<RequestView> BrokerService::cancel(Caller caller, RequestId id) {
    Decide judge = [id](const Store& store, const Policy& policy, const DeciderFacts& facts, const Now&) {
        return stint::cancel(store, policy, facts, id, {});
    };
    co_return co_await decide(caller, "cancel", id, Closes::yes, judge);
}

Service::Answer<RequestView> BrokerService::release(Caller caller, RequestId id, Release command) {
    Decide judge = [command, id](const Store& store, const Policy& policy, const DeciderFacts& facts, const Now&) {
        return stint::release(store, policy, facts, id, command);
    };
    co_return co_await decide(caller, "release", id, Closes::yes, judge);
}

Service::Answer<RequestView> BrokerService::revoke(Caller caller, RequestId id, Revoke command) {
    Decide judge = [command, id](const Store& store, const Policy& policy, const DeciderFacts& facts, const Now&) {
        // What waits for its start is stopped by the same word.
        const auto request = store.request(id);
        if (request && request->state == RequestState::approved && !command.reason.empty()) {
            return stint::cancel(store, policy, facts, id, command.reason);
        }
        return stint::revoke(store, policy, facts, id, command);
    };
    co_return co_await decide(caller, "revoke", id, Closes::no, judge);
}

Service::Answer<RequestView> BrokerService::review(Caller caller, RequestId id, GiveVerdict command) {
    Decide judge = [command, id](const Store& store, const Policy& policy, const DeciderFacts& facts, const Now&) {
        return stint::review(store, policy, facts, id, command);
    };
    co_return co_await decide(caller, "review", id, Closes::no, judge);
}

}  // namespace stint
