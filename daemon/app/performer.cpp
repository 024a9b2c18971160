// Delivery: each message once a channel, retried with a growing delay until every channel has it or has refused it.
#include "app/performer.hpp"

#include "app/notices.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace stint {

namespace {

constexpr int owed_at_once = 16;
/// More recipients than this in one message is a policy's mistake, not a notice.
constexpr std::size_t recipient_limit = 500;

Seconds delay_after(std::int64_t attempts) {
    return Seconds(std::min<std::int64_t>(300, std::int64_t{5} << std::min<std::int64_t>(attempts, 6)));
}

/// Among those that are worked on, until it goes, however that comes about.
class Place {
public:
    Place(std::unordered_set<OutboxId>& working, OutboxId id) : working_(working), id_(id) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { working_.erase(id_); }

private:
    std::unordered_set<OutboxId>& working_;
    OutboxId id_;
};

}  // namespace

void Performer::touch() {
    is_wanted_ = true;
    if (is_draining_) return;
    is_draining_ = true;
    spawn(world_, "deliver", drain());
}

boost::asio::awaitable<void> Performer::run() {
    while (!is_stopping_) {
        touch();
        co_await world_.clock.sleep_for(std::chrono::seconds(2));
    }
}

boost::asio::awaitable<void> Performer::drain() {
    while (is_wanted_) {
        is_wanted_ = false;
        std::vector<Owed> owed;
        try {
            auto job = [](Transaction& transaction) { return transaction.store().owed(transaction.now().utc, owed_at_once); };
            owed = co_await world_.broker.look(job);
        } catch (const std::exception& fault) {
            log::error("outbox_unreadable", {{"why", fault.what()}});
        }
        for (Owed& item : owed) {
            if (working_.size() >= owed_at_once || !working_.insert(item.id).second) continue;
            spawn(world_, "deliver", perform(std::move(item)));
        }
    }
    is_draining_ = false;
}

boost::asio::awaitable<void> Performer::perform(Owed owed) {
    const Place place(working_, owed.id);
    std::string trouble = owed.unreadable;
    try {
        if (!trouble.empty()) {
            log::alarm("owed_unreadable", {{"outbox", owed.id.value}, {"why", trouble}});
        } else if (const auto* people = std::get_if<NotifyPeople>(&owed.effect)) {
            trouble = co_await notify(owed, *people);
        } else if (const auto* ticket = std::get_if<NoteTicket>(&owed.effect)) {
            trouble = co_await note(owed, *ticket);
        }
    } catch (const std::exception& fault) {
        trouble = std::string("cannot be done now: ") + fault.what();  // the world or the records: both may be whole again
    }
    const OutboxId id = owed.id;
    bool is_recorded = false;
    try {
        auto settle = [id, &trouble, attempts = owed.attempts](Transaction& transaction) {
            if (trouble.empty()) {
                transaction.store().delivered(id, transaction.now().utc);
            } else {
                transaction.store().postpone(id, transaction.now().utc + delay_after(attempts), trouble);
            }
            return true;
        };
        is_recorded = co_await world_.broker.run(settle);
        if (trouble.empty()) {
            std::erase_if(taken_, [id](const auto& entry) { return entry.first == id; });
            is_wanted_ = true;
        } else {
            log::warning("delivery_postponed", {{"outbox", id.value}, {"why", trouble}});
        }
    } catch (const std::exception& fault) {
        log::error("delivery_not_recorded", {{"outbox", id.value}, {"why", fault.what()}});
    }
    // What could not be written down is still owed: it waits for the next look, not for this instant.
    if (trouble.empty() && is_recorded) touch();
}

boost::asio::awaitable<std::vector<PersonRef>> Performer::recipients(NotifyPeople effect) {
    std::vector<PersonRef> people = effect.persons;
    const auto policy = world_.current_policy();
    const GroupIndex index = co_await gather_.groups(policy);
    if (effect.kind == NoticeKind::finding) {
        effect.groups.insert(effect.groups.end(), policy->roles.security.begin(), policy->roles.security.end());
    }
    for (const GroupName& name : effect.groups) {
        const auto group = index.find(name);
        if (group == index.end()) continue;
        std::optional<std::string> cursor;
        do {
            MembersPage page = co_await world_.directory.members(group->second, cursor);
            for (const Person& member : page.members) {
                if (member.is_enabled) people.push_back(member.ref);
            }
            cursor = page.cursor;
        } while (cursor && people.size() < recipient_limit);
    }
    std::vector<PersonRef> once;
    for (PersonRef& person : people) {
        const bool is_left_out = std::find(effect.except.begin(), effect.except.end(), person.id) != effect.except.end();
        const bool is_there = std::any_of(once.begin(), once.end(), [&](const PersonRef& other) { return other.id == person.id; });
        if (!is_left_out && !is_there && once.size() < recipient_limit) once.push_back(std::move(person));
    }
    co_return once;
}

boost::asio::awaitable<std::string> Performer::notify(Owed owed, NotifyPeople effect) {
    auto job = [&effect](Transaction& transaction) { return compose(effect, transaction.store(), transaction.now().utc); };
    auto notice = co_await world_.broker.look(job);
    if (!notice || world_.notifiers.empty()) co_return std::string();
    // Who holds a role stands in the policy: before one is in force nobody would be found, and the notice be lost.
    const bool is_for_a_role = effect.kind == NoticeKind::finding || !effect.groups.empty();
    if (is_for_a_role && world_.current_policy()->hash.empty()) co_return std::string("no policy is in force yet");
    notice->recipients = co_await recipients(effect);
    if (notice->recipients.empty()) {
        log::warning("nobody_to_tell", {{"kind", notice->kind}, {"request", effect.request.value}});
        co_return std::string();
    }
    std::string trouble;
    for (std::size_t place = 0; place < world_.notifiers.size(); ++place) {
        Notifier* channel = world_.notifiers[place];
        if (taken_.count({owed.id, place}) != 0) continue;
        try {
            co_await channel->deliver(*notice, owed.key);
            taken_.emplace(owed.id, place);
        } catch (const Fault& fault) {
            // A definite no will not become a yes: it is an alarm, not a retry.
            const bool is_final = fault.kind() == FaultKind::refused || fault.kind() == FaultKind::not_allowed;
            log::alarm("delivery_failed", {{"channel", channel->name()}, {"kind", notice->kind}, {"request", effect.request.value},
                                           {"why", fault.what()}});
            if (is_final) {
                taken_.emplace(owed.id, place);
            } else {
                trouble = channel->name() + ": " + fault.what();
            }
        }
    }
    co_return trouble;
}

boost::asio::awaitable<std::string> Performer::note(Owed owed, NoteTicket effect) {
    if (world_.tickets == nullptr) co_return std::string();
    try {
        co_await world_.tickets->note(effect.ticket, effect.text, owed.key);
    } catch (const Fault& fault) {
        if (is_not_sent(fault.kind()) || fault.kind() == FaultKind::unknown_outcome) {
            co_return std::string(fault.what());
        }
        log::warning("ticket_note_refused", {{"request", effect.request.value}, {"why", fault.what()}});
    }
    co_return std::string();
}

}  // namespace stint
