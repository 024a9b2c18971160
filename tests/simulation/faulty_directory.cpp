// Each call meets one fate, drawn from the seed.
#include "faulty_directory.hpp"

#include "trace.hpp"

#include <algorithm>

namespace stint::simulation {

namespace asio = boost::asio;

namespace {

const std::string server_names[Replicas::servers] = {"dc1", "dc2"};

}  // namespace

asio::awaitable<void> FaultyDirectory::travel() {
    const bool is_slow = happens(faults_.slow);
    const auto limit = is_slow ? 8'000'000 : 3'000;
    const std::chrono::microseconds length(std::uniform_int_distribution<int>(100, limit)(random_));
    co_await clock_.sleep_for(length);
    if (is_down_) throw Fault(FaultKind::unreachable, "the directory is down");
    if (happens(faults_.not_sent)) throw Fault(FaultKind::unreachable, "no connection");
}

void FaultyDirectory::put_person(const std::string& login, const std::vector<std::string>& groups) {
    Person person;
    person.ref = {PersonId("id-" + login), Login(login), login, login + "@example.test"};
    person.is_enabled = true;
    for (const auto& group : groups) person.groups.push_back({GroupId("gid-" + group), GroupName(group)});
    people_[login] = std::move(person);
}

void FaultyDirectory::enable(const std::string& login, bool is_enabled) {
    people_.at(login).is_enabled = is_enabled;
    if (is_enabled) disabled_since_.erase(login);
    else disabled_since_.emplace(login, clock_.elapsed());
}

BootTime FaultyDirectory::disabled_for(const std::string& login) const {
    const auto found = disabled_since_.find(login);
    return found == disabled_since_.end() ? BootTime(0) : clock_.elapsed() - found->second;
}

bool FaultyDirectory::is_in(const std::string& login, const std::vector<GroupName>& groups) const {
    const auto found = people_.find(login);
    return found != people_.end() && std::any_of(groups.begin(), groups.end(), [&](const GroupName& name) {
        return std::any_of(found->second.groups.begin(), found->second.groups.end(), [&](const GroupRef& ref) { return ref.name == name; });
    });
}

void FaultyDirectory::rival_write(std::size_t server, const Pair& pair, bool is_add) {
    trace(is_add ? "rival adds" : "rival removes", clock_.elapsed(), pair, server_names[server]);
    if (replicas_.write(server, pair, is_add, Hand::human, clock_.elapsed()) && changed_ && happens(0.5)) changed_(GroupId("gid-" + pair.first));
}

Person FaultyDirectory::person(const std::string& login) const {
    const auto found = people_.find(login);
    if (found == people_.end()) throw Fault(FaultKind::not_found, "no such person");
    return found->second;
}

asio::awaitable<Person> FaultyDirectory::person_by_login(Login login) {
    co_await travel();
    co_return person(login.value);
}

asio::awaitable<Person> FaultyDirectory::person_by_id(PersonId id) {
    co_await travel();
    co_return person(id.value.substr(3));
}

asio::awaitable<Group> FaultyDirectory::group(GroupName name) {
    co_await travel();
    co_return Group{{GroupId("gid-" + name.value), name}, true, true, "group"};
}

asio::awaitable<MembersPage> FaultyDirectory::members(GroupId group, std::optional<std::string>) {
    co_await travel();
    MembersPage page;
    for (const auto& [login, person] : people_) {
        const bool is_in = std::any_of(person.groups.begin(), person.groups.end(), [&](const GroupRef& ref) { return ref.id == group; });
        if (is_in) page.members.push_back(person);
    }
    co_return page;
}

std::size_t FaultyDirectory::server_for(const Pair& pair) {
    if (is_shared_) return turn_[pair];
    return happens(faults_.stray) ? 1 - connected_ : connected_;
}

void FaultyDirectory::tell(std::size_t server, const Pair& pair, bool is_present) {
    trace(is_present ? "told present" : "told absent", clock_.elapsed(), pair, server_names[server]);
    conduct_.read(pair, is_present);
    turn_[pair] = 1 - server;
    if (is_present) replicas_.told(server, pair);
}

asio::awaitable<ReadBack> FaultyDirectory::read_back(GroupId group, PersonRef person) {
    co_await travel();
    const Pair pair = pair_of(group, person.id);
    const std::size_t server = server_for(pair);
    const bool is_present = replicas_.entry(server, pair).is_present;
    tell(server, pair, is_present);
    co_return ReadBack{is_present, server_names[server]};
}

asio::awaitable<WriteAnswer> FaultyDirectory::add(GroupId group, PersonRef person, Seconds life) {
    if (life <= Seconds(0)) conduct_.broken("an addition without an end", pair_of(group, person.id));
    co_return co_await write(pair_of(group, person.id), true);
}

asio::awaitable<WriteAnswer> FaultyDirectory::remove(GroupId group, PersonRef person) {
    co_return co_await write(pair_of(group, person.id), false);
}

asio::awaitable<WriteAnswer> FaultyDirectory::write(Pair pair, bool is_add) {
    const std::size_t server = server_for(pair);
    conduct_.sends(pair, is_add, lending_(pair), replicas_.entry(server, pair), clock_.elapsed());
    try {
        co_await travel();
        if (happens(faults_.refused)) throw Fault(FaultKind::refused, "insufficient access", 50);
    } catch (const Fault&) {
        conduct_.answered(pair);
        throw;
    }
    const bool is_lost = happens(faults_.lost);
    const bool is_late = !is_lost && happens(faults_.late);
    if (is_late) happen_late(server, pair, is_add);
    const bool is_changed = !is_lost && !is_late && replicas_.write(server, pair, is_add, Hand::broker, clock_.elapsed());
    if (is_lost || is_late || happens(faults_.unanswered)) {
        conduct_.unanswered(pair, clock_.elapsed());
        throw Fault(FaultKind::unknown_outcome, "timed out");
    }
    conduct_.answered(pair);
    WriteAnswer answer;
    answer.outcome = is_changed != happens(faults_.wrong) ? WriteOutcome::changed : WriteOutcome::already_so;
    answer.server = server_names[server];
    if (is_add) tell(server, pair, true);
    if (happens(0.5)) {
        answer.read_back = ReadBack{is_add, server_names[server]};
        tell(server, pair, is_add);
    }
    co_return answer;
}

void FaultyDirectory::happen_late(std::size_t server, const Pair& pair, bool is_add) {
    const auto limit = static_cast<std::int64_t>(std::chrono::microseconds(settle_).count()) - 1'000'000;
    late_.push_back({clock_.elapsed() + BootTime(std::uniform_int_distribution<std::int64_t>(1'000, limit)(random_)), server, pair, is_add});
}

void FaultyDirectory::let_happen() {
    const BootTime now = clock_.elapsed();
    const auto due = std::stable_partition(late_.begin(), late_.end(), [now](const Late& write) { return write.at > now; });
    for (auto write = due; write != late_.end(); ++write) {
        trace(write->is_add ? "a late addition" : "a late removal", now, write->pair, server_names[write->server]);
        replicas_.write(write->server, write->pair, write->is_add, Hand::broker, now);
    }
    late_.erase(due, late_.end());
    replicas_.catch_up(now);
}

void FaultyDirectory::heal(bool is_shared) {
    is_down_ = false;
    is_shared_ = is_shared;
    faults_ = {};
    replicas_.set_lag(BootTime(0));
}

void FaultyDirectory::crash() {
    changed_ = nullptr;
    // What was on its way to the server may still get there.
    for (const auto& [pair, is_add] : conduct_.under_way()) {
        if (happens(0.3)) happen_late(connected_, pair, is_add);
    }
    conduct_.crash(clock_.elapsed());
}

}  // namespace stint::simulation
