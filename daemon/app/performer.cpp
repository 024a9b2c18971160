// Delivery: each message once a channel, retried with a growing delay until that channel has it or has refused it.
#include "app/performer.hpp"

#include "app/notices.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace stint {

namespace {

/// Under way on one channel at the same time.
constexpr std::size_t places = 16;
/// For what is under way at an orderly end, and how often it is looked at.
constexpr std::chrono::milliseconds rest_limit{2000}, rest_look{10};
/// More recipients than this in one message is a policy's mistake, not a notice.
constexpr std::size_t recipient_limit = 500;

/// What security is told of, whoever else is.
bool is_for_security(NoticeKind kind) {
    return kind == NoticeKind::finding || kind == NoticeKind::stuck || kind == NoticeKind::break_glass || kind == NoticeKind::review_overdue ||
           kind == NoticeKind::review_done;
}

/// What the reviewers of the request's entitlement are told of.
bool is_for_reviewers(NoticeKind kind) {
    return kind == NoticeKind::break_glass || kind == NoticeKind::review_due || kind == NoticeKind::review_overdue;
}

Seconds delay_after(std::int64_t attempts) {
    return Seconds(std::min<std::int64_t>(300, std::int64_t{5} << std::min<std::int64_t>(attempts, 6)));
}

}  // namespace

/// One of a lane's places, given back when it goes, however that comes about.
class Performer::Place {
public:
    Place(std::shared_ptr<Lane> lane, OutboxId id) : lane_(std::move(lane)), id_(id) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { give_back(); }
    void give_back() {
        if (lane_->working.erase(id_) != 0) lane_->left.insert(id_);
    }

private:
    std::shared_ptr<Lane> lane_;
    OutboxId id_;
};

Performer::Performer(World& world, Gather& gather) : world_(world), gather_(gather) {
    const auto add = [this](Channel channel, Notifier* notifier) {
        const std::string program = channel.name;
        const auto is_taken = [this](const std::string& name) {
            return std::any_of(channels_.begin(), channels_.end(), [&](const Channel& other) { return other.name == name; });
        };
        for (int number = 2; is_taken(channel.name); ++number) channel.name = program + '#' + std::to_string(number);
        channels_.push_back(channel);
        lanes_.push_back(std::make_shared<Lane>());
        lanes_.back()->channel = std::move(channel);
        lanes_.back()->notifier = notifier;
    };
    for (Notifier* notifier : world_.notifiers) add({notifier->name(), false}, notifier);
    // Without a channel, and without a ticket system, what is owed is struck off.
    if (world_.notifiers.empty()) add({"nobody", false}, nullptr);
    add({"ticket", true}, nullptr);
}

void Performer::touch() {
    for (const auto& lane : lanes_) touch(lane);
}

void Performer::touch(const std::shared_ptr<Lane>& lane) {
    lane->is_wanted = true;
    if (lane->is_draining || is_stopping_) return;
    lane->is_draining = true;
    spawn(world_, "deliver", drain(lane));
}

boost::asio::awaitable<void> Performer::run() {
    auto strike_off = [this](Transaction& transaction) {
        transaction.store().strike_off(channels_);
        return true;
    };
    try {
        co_await world_.broker.run(strike_off);
    } catch (const std::exception& fault) {
        log::error("outbox_not_looked_through", {{"why", fault.what()}});
    }
    while (!is_stopping_) {
        touch();
        co_await world_.clock.sleep_for(std::chrono::seconds(2));
    }
}

boost::asio::awaitable<void> Performer::come_to_rest() {
    stop();
    const auto is_working = [](const std::shared_ptr<Lane>& lane) { return !lane->working.empty(); };
    for (auto left = rest_limit; left > rest_look && std::any_of(lanes_.begin(), lanes_.end(), is_working); left -= rest_look) {
        co_await world_.clock.sleep_for(rest_look);
    }
}

boost::asio::awaitable<void> Performer::drain(std::shared_ptr<Lane> lane) {
    while (std::exchange(lane->is_wanted, false) && lane->working.size() < places) {
        std::vector<Owed> owed;
        lane->left.clear();
        try {
            // As many as there are places, beside those that are under way.
            auto job = [channel = lane->channel](Transaction& transaction) {
                return transaction.store().owed(channel, transaction.now().utc, 2 * static_cast<int>(places));
            };
            owed = co_await world_.broker.look(job);
        } catch (const std::exception& fault) {
            log::error("outbox_unreadable", {{"why", fault.what()}});
        }
        for (Owed& item : owed) {
            if (lane->working.size() >= places || lane->left.contains(item.id) || !lane->working.insert(item.id).second) continue;
            spawn(world_, "deliver", perform(lane, std::move(item)));
        }
    }
    lane->is_draining = false;
}

boost::asio::awaitable<void> Performer::perform(std::shared_ptr<Lane> lane, Owed owed) {
    Place place(lane, owed.id);
    std::string trouble;
    const bool is_done = lane->unrecorded.contains(owed.id);
    try {
        if (!is_done) trouble = co_await attempt(lane, owed);
    } catch (const std::exception& fault) {
        trouble = std::string("cannot be done now: ") + fault.what();  // the world or the records: both may be whole again
    }
    try {
        auto settle = [this, &lane, &owed, &trouble](Transaction& transaction) {
            const Utc now = transaction.now().utc;
            if (trouble.empty()) {
                transaction.store().delivered(owed.id, lane->channel, channels_);
            } else {
                transaction.store().postpone(owed.id, lane->channel, now + delay_after(owed.attempts), trouble);
            }
            return true;
        };
        co_await world_.broker.run(settle);
    } catch (const std::exception& fault) {
        // It is still owed, and waits for the next look, not for this instant.
        if (trouble.empty()) lane->unrecorded.insert(owed.id);
        log::error("delivery_not_recorded", {{"outbox", owed.id.value}, {"channel", lane->channel.name}, {"why", fault.what()}});
        co_return;
    }
    lane->unrecorded.erase(owed.id);
    if (!trouble.empty()) log::warning("delivery_postponed", {{"outbox", owed.id.value}, {"channel", lane->channel.name}, {"why", trouble}});
    place.give_back();
    touch(lane);
}

boost::asio::awaitable<std::string> Performer::attempt(std::shared_ptr<Lane> lane, Owed owed) {
    if (!owed.unreadable.empty()) {
        log::alarm("owed_unreadable", {{"outbox", owed.id.value}, {"why", owed.unreadable}});
        co_return owed.unreadable;
    }
    if (const auto* people = std::get_if<NotifyPeople>(&owed.effect)) co_return co_await notify(lane, owed, *people);
    if (const auto* ticket = std::get_if<NoteTicket>(&owed.effect)) co_return co_await note(owed, *ticket);
    co_return std::string();
}

boost::asio::awaitable<std::vector<PersonRef>> Performer::members_of(std::vector<GroupName> groups) {
    std::vector<PersonRef> people;
    std::optional<Fault> silent;
    for (const GroupName& name : groups) {
        try {
            const auto group = co_await gather_.group(name);
            if (!group) continue;
            std::optional<std::string> cursor;
            do {
                MembersPage page = co_await world_.directory.members(group->ref.id, cursor);
                for (const Person& member : page.members) {
                    if (member.is_enabled) people.push_back(member.ref);
                }
                cursor = page.cursor;
            } while (cursor && people.size() < recipient_limit);
        } catch (const Fault& fault) {
            // One that is gone, or may not be read, keeps nobody of the others from being told.
            if (!is_definite_no(fault.kind())) throw;
            log::warning("group_not_told", {{"group", name.value}, {"why", fault.what()}});
            if (fault.kind() != FaultKind::not_found) silent = fault;
        }
    }
    // Nobody told is not told: a directory that is out of order may be whole again.
    if (people.empty() && silent) throw Fault(*silent);
    co_return people;
}

/// Those who hold a role in this, by the policy in force now: none may have been when it was decided.
boost::asio::awaitable<std::vector<GroupName>> Performer::roles_told(NotifyPeople effect) {
    std::vector<GroupName> groups;
    const auto policy = world_.current_policy();
    const auto add = [&groups](const std::vector<GroupName>& more) { groups.insert(groups.end(), more.begin(), more.end()); };
    if (is_for_security(effect.kind)) add(policy->roles.security);
    if (!is_for_reviewers(effect.kind)) co_return groups;
    auto job = [id = effect.request](Transaction& transaction) { return transaction.store().request(id); };
    const auto request = co_await world_.broker.look(job);
    const Entitlement* entitlement = request ? policy->find(request->entitlement) : nullptr;
    const bool has_reviewers = entitlement != nullptr && entitlement->break_glass;
    add(has_reviewers ? entitlement->break_glass->reviewers : policy->roles.security);
    co_return groups;
}

boost::asio::awaitable<std::vector<PersonRef>> Performer::recipients(NotifyPeople effect) {
    std::vector<PersonRef> people = effect.persons;
    auto roles = co_await roles_told(effect);
    std::move(roles.begin(), roles.end(), std::back_inserter(effect.groups));
    if (!effect.groups.empty()) {
        auto members = co_await members_of(effect.groups);
        std::move(members.begin(), members.end(), std::back_inserter(people));
    }
    std::vector<PersonRef> once;
    for (PersonRef& person : people) {
        const bool is_left_out = std::find(effect.except.begin(), effect.except.end(), person.id) != effect.except.end();
        const bool is_there = std::any_of(once.begin(), once.end(), [&](const PersonRef& other) { return other.id == person.id; });
        if (!is_left_out && !is_there && once.size() < recipient_limit) once.push_back(std::move(person));
    }
    co_return once;
}

boost::asio::awaitable<std::string> Performer::notify(std::shared_ptr<Lane> lane, Owed owed, NotifyPeople effect) {
    auto job = [&effect](Transaction& transaction) { return compose(effect, transaction.store(), transaction.now().utc); };
    auto notice = co_await world_.broker.look(job);
    if (!notice || lane->notifier == nullptr) co_return std::string();
    // Who holds a role stands in the policy: before one is in force nobody would be found, and the notice be lost.
    const bool is_for_a_role = is_for_security(effect.kind) || is_for_reviewers(effect.kind) || !effect.groups.empty();
    if (is_for_a_role && world_.current_policy()->hash.empty()) co_return std::string("no policy is in force yet");
    notice->recipients = co_await recipients(effect);
    if (notice->recipients.empty()) {
        log::warning("nobody_to_tell", {{"kind", notice->kind}, {"request", effect.request.value}});
        co_return std::string();
    }
    try {
        co_await lane->notifier->deliver(*notice, owed.key);
    } catch (const Fault& fault) {
        log::alarm("delivery_failed", {{"channel", lane->channel.name}, {"kind", notice->kind}, {"request", effect.request.value},
                                       {"why", fault.what()}});
        // A definite no will not become a yes: it is an alarm, not a retry.
        const bool is_final = fault.kind() == FaultKind::refused || fault.kind() == FaultKind::not_allowed;
        if (!is_final) co_return std::string(fault.what());
    }
    co_return std::string();
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
