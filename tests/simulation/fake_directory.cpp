// A directory in memory; see the header.
#include "fake_directory.hpp"

#include <utility>

namespace stint::simulation {
namespace asio = boost::asio;

namespace {

constexpr std::size_t page_size = 500;
const std::string server = "fake", other_server = "fake-2";

}  // namespace

void FakeDirectory::put_person(const std::string& login, const std::string& name, bool is_enabled) {
    Person person;
    person.ref = {PersonId("id-" + login), Login(login), name, login + "@example.test"};
    person.is_enabled = is_enabled;
    people_["id-" + login] = std::move(person);
}

void FakeDirectory::put_group(const std::string& name, bool is_managed, bool may_be_empty) {
    groups_["gid-" + name].group = {{GroupId("gid-" + name), GroupName(name)}, is_managed, may_be_empty, "fake"};
}

void FakeDirectory::put_member(const std::string& group, const std::string& login) {
    if (groups_.at("gid-" + group).members.insert("id-" + login).second && changed_) changed_(GroupId("gid-" + group));
}

void FakeDirectory::take_member(const std::string& group, const std::string& login) {
    if (groups_.at("gid-" + group).members.erase("id-" + login) != 0 && changed_) changed_(GroupId("gid-" + group));
}

bool FakeDirectory::is_member(const std::string& group, const std::string& login) const {
    return groups_.at("gid-" + group).members.contains("id-" + login);
}

asio::awaitable<void> FakeDirectory::meet(Fate fate, bool is_write) const {
    if (fate.delay > Delay(0) && hooks_.sleep) co_await hooks_.sleep(fate.delay);
    switch (fate.kind) {
        case Fate::Kind::answered: co_return;
        case Fate::Kind::not_sent: throw Fault(FaultKind::unreachable, "the directory could not be reached");
        case Fate::Kind::refused: throw Fault(FaultKind::refused, "the directory refused it", 50);
        case Fate::Kind::lost:
        case Fate::Kind::unanswered:
        case Fate::Kind::late:
            if (!is_write) throw Fault(FaultKind::unreachable, "the directory did not answer");
    }
}

Person FakeDirectory::told(const Person& person) const {
    Person answer = person;
    for (const auto& [id, kept] : groups_) {
        const bool is_member = kept.members.contains(person.ref.id.value);
        const bool is_indirect = !is_member && kept.indirect.contains(person.ref.id.value);
        if (is_member || is_indirect) answer.groups.push_back(kept.group.ref);
        if (is_indirect) answer.indirect_groups.push_back(kept.group.ref);
    }
    return answer;
}

const FakeDirectory::Kept& FakeDirectory::kept(const GroupId& group) const {
    const auto found = groups_.find(group.value);
    if (found == groups_.end()) throw Fault(FaultKind::not_found, "no such group");
    return found->second;
}

asio::awaitable<Person> FakeDirectory::person_by_login(Login login) {
    const Fate fate = fate_of({"person", "", login.value});
    co_await meet(fate, false);
    const auto found = people_.find("id-" + login.value);
    if (found == people_.end()) throw Fault(FaultKind::not_found, "nobody has this login");
    co_return told(found->second);
}

asio::awaitable<Person> FakeDirectory::person_by_id(PersonId id) {
    const Fate fate = fate_of({"person", "", id.value});
    co_await meet(fate, false);
    const auto found = people_.find(id.value);
    if (found == people_.end()) throw Fault(FaultKind::not_found, "nobody has this id");
    co_return told(found->second);
}

asio::awaitable<Group> FakeDirectory::group(GroupName name) {
    const Fate fate = fate_of({"group", name.value, ""});
    co_await meet(fate, false);
    co_return kept(GroupId("gid-" + name.value)).group;
}

asio::awaitable<MembersPage> FakeDirectory::members(GroupId group, std::optional<std::string> cursor) {
    const Fate fate = fate_of({"members", group.value, ""});
    co_await meet(fate, false);
    const Kept& wanted = kept(group);
    MembersPage page;
    auto next = cursor ? wanted.members.upper_bound(*cursor) : wanted.members.begin();
    std::string last;
    for (; next != wanted.members.end() && page.members.size() < page_size; ++next) {
        last = *next;
        if (const auto person = people_.find(*next); person != people_.end()) page.members.push_back(person->second);
    }
    if (next != wanted.members.end()) page.cursor = last;
    co_return page;
}

asio::awaitable<ReadBack> FakeDirectory::read_back(GroupId group, PersonRef person) {
    const Fate fate = fate_of({"read_back", group.value, person.id.value});
    co_await meet(fate, false);
    if (fate.is_elsewhere) co_return ReadBack{false, other_server};
    co_return ReadBack{kept(group).members.contains(person.id.value), server};
}

asio::awaitable<WriteAnswer> FakeDirectory::add(GroupId group, PersonRef person, Seconds) {
    std::string verb = "add";
    co_return co_await write(std::move(verb), std::move(group), std::move(person.id));
}

asio::awaitable<WriteAnswer> FakeDirectory::remove(GroupId group, PersonRef person) {
    std::string verb = "remove";
    co_return co_await write(std::move(verb), std::move(group), std::move(person.id));
}

bool FakeDirectory::apply(bool is_add, const std::string& group, const std::string& person) {
    const auto found = groups_.find(group);
    if (found == groups_.end()) return false;
    return is_add ? found->second.members.insert(person).second : found->second.members.erase(person) != 0;
}

asio::awaitable<WriteAnswer> FakeDirectory::write(std::string verb, GroupId group, PersonId person) {
    const bool is_add = verb == "add";
    const Fate fate = fate_of({verb, group.value, person.value});
    co_await meet(fate, true);
    if (!kept(group).group.is_managed) throw Fault(FaultKind::not_allowed, "this group is not managed");
    if (is_add && !people_.contains(person.value)) throw Fault(FaultKind::not_found, "nobody has this id");
    if (fate.is_elsewhere && !is_add) co_return WriteAnswer{WriteOutcome::already_so, other_server, std::nullopt};
    const auto happen = [this, is_add, group, person] { static_cast<void>(apply(is_add, group.value, person.value)); };
    if ((fate.kind == Fate::Kind::late || fate.is_doubled) && hooks_.later) hooks_.later(fate.late_by, happen);
    if (fate.kind == Fate::Kind::late || fate.kind == Fate::Kind::lost) throw Fault(FaultKind::unknown_outcome, "the directory did not answer");
    const bool is_changed = apply(is_add, group.value, person.value);
    if (fate.kind == Fate::Kind::unanswered) throw Fault(FaultKind::unknown_outcome, "the directory's answer was lost");
    WriteAnswer answer;
    answer.outcome = is_changed != fate.is_outcome_wrong ? WriteOutcome::changed : WriteOutcome::already_so;
    answer.server = server;
    if (fate.has_post_read) answer.read_back = ReadBack{is_add, server};
    co_return answer;
}

}  // namespace stint::simulation
