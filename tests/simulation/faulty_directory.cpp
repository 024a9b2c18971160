// Each write meets one fate, drawn from the seed.
#include "faulty_directory.hpp"

#include <algorithm>

namespace stint::simulation {

namespace asio = boost::asio;

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

void FaultyDirectory::rival_remove(const Pair& pair) {
    members_.erase(pair);
    ours_.erase(pair);
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

asio::awaitable<ReadBack> FaultyDirectory::read_back(GroupId group, PersonRef person) {
    co_await travel();
    co_return ReadBack{is_member({group.value.substr(4), person.id.value.substr(3)}), "sim"};
}

asio::awaitable<WriteAnswer> FaultyDirectory::add(GroupId group, PersonRef person, Seconds life) {
    if (life <= Seconds(0)) violation_ = "an addition without an end";
    co_return co_await write({group.value.substr(4), person.login.value}, true);
}

asio::awaitable<WriteAnswer> FaultyDirectory::remove(GroupId group, PersonRef person) {
    co_return co_await write({group.value.substr(4), person.login.value}, false);
}

bool FaultyDirectory::apply(const Pair& pair, bool is_add) {
    if (!is_add) {
        ours_.erase(pair);
        return members_.erase(pair) != 0;
    }
    const bool is_new = members_.insert(pair).second;
    if (is_new) ours_.insert(pair);
    return is_new;
}

asio::awaitable<WriteAnswer> FaultyDirectory::write(Pair pair, bool is_add) {
    if (!under_way_.insert(pair).second) violation_ = "two operations at a time on " + pair.second + " in " + pair.first;
    struct Leaving {
        std::set<Pair>& under_way;
        const Pair& pair;
        ~Leaving() { under_way.erase(pair); }
    } leaving{under_way_, pair};
    co_await travel();
    if (happens(faults_.refused)) throw Fault(FaultKind::refused, "insufficient access", 50);
    if (happens(faults_.lost)) throw Fault(FaultKind::unknown_outcome, "timed out; it never arrived");
    if (happens(faults_.late)) {
        const auto limit = static_cast<std::int64_t>(std::chrono::microseconds(settle_).count()) - 1'000'000;
        late_.push_back({clock_.now().boot + BootTime(std::uniform_int_distribution<std::int64_t>(1'000, limit)(random_)), pair, is_add});
        throw Fault(FaultKind::unknown_outcome, "timed out; it comes true later");
    }
    const bool is_changed = apply(pair, is_add);
    if (happens(faults_.unanswered)) throw Fault(FaultKind::unknown_outcome, "done, and the answer was lost");
    WriteAnswer answer;
    answer.outcome = is_changed ? WriteOutcome::changed : WriteOutcome::already_so;
    answer.server = "sim";
    if (happens(0.5)) answer.read_back = ReadBack{is_add, "sim"};
    co_return answer;
}

void FaultyDirectory::late_writes() {
    const BootTime now = clock_.now().boot;
    const auto due = std::stable_partition(late_.begin(), late_.end(), [now](const Late& write) { return write.at > now; });
    for (auto write = due; write != late_.end(); ++write) apply(write->pair, write->is_add);
    late_.erase(due, late_.end());
}

void FaultyDirectory::crash() { under_way_.clear(); }

}  // namespace stint::simulation
