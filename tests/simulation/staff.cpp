// Mostly sensible people, now and then not.
#include "staff.hpp"

#include "ports/fault.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <set>

namespace stint::simulation {

namespace asio = boost::asio;

namespace {

const std::vector<std::string> entitlements{"reset", "both", "hard"};
const std::vector<std::string> askers{"ada", "ben", "dee", "fay"}, deciders{"ben", "cho", "eve"}, anybody{"ada", "ben", "cho", "dee", "eve", "sam", "fay"};
const std::string dry = "dry";

std::string number(RequestId id) { return std::to_string(id.value); }

}  // namespace

const std::vector<Somebody>& everybody() {
    static const std::vector<Somebody> people{
        {"ada", {"helpdesk"}},          {"ben", {"owners", "helpdesk"}}, {"cho", {"owners", "privacy"}}, {"dee", {"oncall", "helpdesk"}},
        {"eve", {"privacy", "owners"}}, {"sam", {"soc"}},                {"fay", {"helpdesk"}},          {newcomer, {"helpdesk"}},
    };
    return people;
}

Caller caller(const std::string& login) { return Caller{Login(login), "peercred", "local uid 1000", std::nullopt}; }

asio::awaitable<void> Staff::note(Service::Answer<RequestView> question, Told told) {
    try {
        const auto answer = co_await std::move(question);
        if (answer) ++answered_;
        if (told) told(answer);
    } catch (const Fault&) {
        // The directory was down; nothing was promised.
    } catch (const StoreFault&) {
        // The disk was; nor was anything.
    }
}

void Staff::send(asio::io_context& io, Service::Answer<RequestView> question, Told told) {
    ++asked_;
    asio::co_spawn(io, note(std::move(question), std::move(told)), asio::detached);
}

void Staff::promise(const std::string& what, RequestId id, std::function<bool(const Store&)> holds) {
    promises_.push_back({what + " " + number(id), std::move(holds)});
}

void Staff::ask(Service& service, asio::io_context& io, RequestId recent, Utc now) {
    const RequestId id{std::max<std::int64_t>(1, recent.value - static_cast<std::int64_t>(pick(8)))};
    switch (pick(12)) {
    case 0:
    case 1:
    case 2: file(service, io, now); break;
    case 3: file_again(service, io); break;
    case 4: {
        BreakGlass command;
        command.entitlement = EntitlementName(one_of(entitlements));
        command.reason = "because";
        send(io, service.break_glass(caller(one_of({"dee", "ben", "cho", "eve"})), command, ""), [this](const Result<RequestView>& answer) {
            if (!answer) return;
            const RequestId filed = answer.value().id;
            promise("a break-glass that was filed", filed, [filed](const Store& store) { return store.review(filed).has_value(); });
        });
        break;
    }
    case 5:
    case 6:
    case 7: decide(service, io, id); break;
    case 8:
    case 9: close(service, io, id); break;
    case 10: send(io, service.extend(caller(one_of(askers)), id, Extend{Seconds(60 + 60 * static_cast<int>(pick(20))), "because"}, ""), {}); break;
    case 11:
        if (pick(2) == 0) send(io, service.review(caller(one_of({"cho", "eve"})), id, GiveVerdict{true, "fine", {}}), {});
        else if (!holds_.empty()) holds_.erase(holds_.begin());
        break;
    default: break;
    }
}

void Staff::file(Service& service, asio::io_context& io, Utc now) {
    const std::string login = pick(8) == 0 ? one_of(anybody) : one_of(askers);
    FileRequest command;
    command.entitlement = EntitlementName(one_of(entitlements));
    command.reason = "because";
    command.duration = Seconds(20 + 40 * static_cast<int>(pick(20)));
    if (pick(4) == 0) command.start_at = now + Seconds(30 + 30 * static_cast<int>(pick(8)));
    command.is_attached = pick(8) == 0;
    if (pick(10) == 0) {
        command.is_dry_run = true;
        command.reason = dry;
        send(io, service.file(caller(login), command, ""), [this](const Result<RequestView>& answer) {
            if (answer && answer.value().id.value != 0) violation_ = "a dry run has a number: " + number(answer.value().id);
        });
        return;
    }
    std::string key;
    const std::size_t place = keyed_.size();
    if (pick(2) == 0) {
        key = command.reason = "key-" + std::to_string(place);
        keyed_.push_back({login, key, command, {}});
    }
    const bool is_keyed = !key.empty(), is_attached = command.is_attached;
    auto* const told_to = &service;
    auto* const executor = &io;
    send(io, service.file(caller(login), command, key), [=, this](const Result<RequestView>& answer) {
        if (!answer) return;
        const RequestId filed = answer.value().id;
        if (is_keyed) keyed_[place].answered = filed;
        const EntitlementName entitlement = command.entitlement;
        promise("an answered request", filed, [filed, entitlement](const Store& store) {
            const auto request = store.request(filed);
            return request && request->entitlement == entitlement;
        });
        if (is_attached) asio::co_spawn(*executor, hold(*told_to, login, filed), asio::detached);
    });
}

asio::awaitable<void> Staff::hold(Service& service, std::string login, RequestId id) {
    try {
        const Caller who = caller(login);
        const auto answer = co_await service.hold(who, id);
        if (answer) holds_[id] = answer.value();
    } catch (const std::exception&) {
        // Then nobody holds it, and it does not open.
    }
}

/// The same key once more: with the same content, as a client does that was not answered, or with another.
void Staff::file_again(Service& service, asio::io_context& io) {
    if (keyed_.empty()) return;
    const Keyed keyed = keyed_[keyed_.size() - 1 - pick(std::min<std::size_t>(keyed_.size(), 5))];
    FileRequest command = keyed.command;
    const bool is_same = pick(5) != 0;
    if (!is_same) command.duration = *command.duration + Seconds(1);
    const std::size_t place = static_cast<std::size_t>(std::stoul(keyed.key.substr(4)));
    send(io, service.file(caller(keyed.login), command, keyed.key), [this, place, keyed, is_same](const Result<RequestView>& answer) {
        told_again(keyed, is_same, answer);
        // A repetition that was filed takes the key's place, when the first one never was.
        if (answer && is_same) keyed_[place].answered = answer.value().id;
        if (answer && !is_same) keyed_[place].command.duration = *keyed.command.duration + Seconds(1), keyed_[place].answered = answer.value().id;
    });
}

void Staff::told_again(const Keyed& keyed, bool is_same, const Result<RequestView>& answer) {
    const RequestId before = keyed.answered;
    if (before.value == 0) return;
    if (answer) {
        if (!is_same) violation_ = "a key that was used was taken for something else: " + keyed.key;
        else if (answer.value().id != before) violation_ = "the same key, another request: " + number(before) + " and " + number(answer.value().id);
        return;
    }
    const RefusalCode code = answer.refusal().code;
    const bool is_down = code == RefusalCode::store_unavailable || code == RefusalCode::directory_unreachable;
    if (!is_down && (is_same || code != RefusalCode::idempotency_key_reused)) {
        violation_ = "a repetition of " + number(before) + " was answered " + std::string(to_text(code));
    }
}

void Staff::decide(Service& service, asio::io_context& io, RequestId id) {
    const std::string login = pick(8) == 0 ? one_of(anybody) : one_of(deciders);
    const PersonId person("id-" + login);
    if (pick(10) == 0) {
        send(io, service.deny(caller(login), id, Deny{"no"}), [this, id](const Result<RequestView>& answer) {
            if (answer) promise("a denial of", id, [id](const Store& store) { return store.request(id)->state == RequestState::denied; });
        });
        return;
    }
    Approve command;
    if (pick(5) == 0) command.shortened_to = Seconds(15);
    send(io, service.approve(caller(login), id, command), [this, id, person](const Result<RequestView>& answer) {
        if (!answer) return;
        promise("an approval of", id, [id, person](const Store& store) {
            for (const Approval& approval : store.approvals(id))
                if (approval.approver.id == person) return true;
            return false;
        });
    });
}

void Staff::close(Service& service, asio::io_context& io, RequestId id) {
    const auto has_ended = [this, id](const Result<RequestView>& answer) {
        if (!answer) return;
        promise("an end that was asked for, of", id, [id](const Store& store) {
            const auto grant = store.grant(id);
            return grant ? !is_open(grant->state) : stint::has_ended(store.request(id)->state);
        });
    };
    switch (pick(4)) {
    case 0: send(io, service.revoke(caller(one_of(deciders)), id, Revoke{"because"}), has_ended); break;
    case 1: send(io, service.cancel(caller(one_of(askers)), id), has_ended); break;
    default: send(io, service.release(caller(one_of(askers)), id, Release{}), has_ended); break;
    }
}

void Staff::ask_as_newcomer(Service& service, asio::io_context& io) {
    FileRequest command;
    command.entitlement = EntitlementName("both");
    command.reason = "all is well";
    command.duration = Seconds(60);
    send(io, service.file(caller(newcomer), command, ""), [this](const Result<RequestView>& answer) {
        if (answer) filed_ = answer.value().id;
        else violation_ = "all is well, and yet an ask is refused: " + std::string(to_text(answer.refusal().code));
    });
}

std::string Staff::broken_promise(const Store& store, bool ever) {
    for (std::size_t place = ever ? 0 : looked_at_; place < promises_.size(); ++place) {
        if (!promises_[place].holds(store)) return promises_[place].what + " is lost";
    }
    looked_at_ = promises_.size();
    return ever ? asked_twice(store) : std::string();
}

std::string Staff::asked_twice(const Store& store) const {
    std::set<std::string> keys;
    for (RequestId id{1}; id < store.next_request(); ++id.value) {
        const auto request = store.request(id);
        if (!request) continue;
        if (request->reason == dry) return "a dry run was filed: " + number(id);
        if (request->reason.starts_with("key-") && !keys.insert(request->reason).second) return "one key, two requests: " + request->reason;
    }
    return {};
}

}  // namespace stint::simulation
