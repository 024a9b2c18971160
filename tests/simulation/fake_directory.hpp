// A directory in memory that keeps the port's contract (tests/contract), and breaks its calls on demand. It has no
// clock: who waits and what happens later goes through hooks. No randomness either; the fate of each call is the
// caller's to choose.
#pragma once

#include "ports/directory.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace stint::simulation {

using Delay = std::chrono::microseconds;

/// What becomes of one call. The default is the honest one.
struct Fate {
    enum class Kind {
        answered,
        not_sent,    ///< Fault(unreachable), nothing happens
        refused,     ///< Fault(refused), nothing happens
        lost,        ///< a write: Fault(unknown_outcome), nothing happens; a read: Fault(unreachable)
        unanswered,  ///< a write: Fault(unknown_outcome), and it has happened; a read: Fault(unreachable)
        late,        ///< a write: Fault(unknown_outcome), and it happens `late_by` afterwards; a read: Fault(unreachable)
    };
    Kind kind = Kind::answered;
    Delay delay{0};                 ///< before the directory looks at it
    Delay late_by{0};
    bool is_outcome_wrong = false;  ///< a write says changed for already so, and the reverse
    bool is_doubled = false;        ///< a write happens once more, `late_by` afterwards
    bool has_post_read = false;     ///< a write's answer has what was read after it
    bool is_elsewhere = false;      ///< a reading or removal meets another server, which has not heard of the member yet
};

/// What is asked: the port's verb by name, and whom it is about ("" when nobody or nothing).
struct FakeCall {
    std::string verb, group, person;
};

class FakeDirectory final : public Directory {
public:
    struct Hooks {
        std::function<Fate(const FakeCall&)> fate;                                 ///< empty: every call is answered
        std::function<boost::asio::awaitable<void>(Delay)> sleep;                  ///< empty: no delay is waited for
        std::function<void(Delay, std::function<void()>)> later;                   ///< empty: late writes never happen
    };
    explicit FakeDirectory(Hooks hooks = {}) : hooks_(std::move(hooks)) {}

    [[nodiscard]] boost::asio::awaitable<Person> person_by_login(Login login) override;
    [[nodiscard]] boost::asio::awaitable<Person> person_by_id(PersonId id) override;
    [[nodiscard]] boost::asio::awaitable<Group> group(GroupName name) override;
    [[nodiscard]] boost::asio::awaitable<MembersPage> members(GroupId group, std::optional<std::string> cursor) override;
    [[nodiscard]] boost::asio::awaitable<ReadBack> read_back(GroupId group, PersonRef person) override;
    [[nodiscard]] boost::asio::awaitable<WriteAnswer> add(GroupId group, PersonRef person, Seconds life) override;
    [[nodiscard]] boost::asio::awaitable<WriteAnswer> remove(GroupId group, PersonRef person) override;
    void on_changed(std::function<void(GroupId)> handler) override { changed_ = std::move(handler); }

    // The administrator's side, which is never broken. A person's id is "id-" and the login, a group's "gid-" and the name.
    void put_person(const std::string& login, const std::string& name, bool is_enabled = true);
    void delete_person(const std::string& login) { people_.erase("id-" + login); }
    void put_group(const std::string& name, bool is_managed, bool may_be_empty = true);
    void put_member(const std::string& group, const std::string& login);
    /// In it by way of another group: told with the person, and no member of its own.
    void put_indirectly(const std::string& group, const std::string& login) { groups_.at("gid-" + group).indirect.insert("id-" + login); }
    void take_member(const std::string& group, const std::string& login);
    [[nodiscard]] bool is_member(const std::string& group, const std::string& login) const;

private:
    struct Kept {
        Group group;
        std::set<std::string> members;  ///< ids; also of people who no longer exist
        std::set<std::string> indirect; ///< ids
    };
    [[nodiscard]] Fate fate_of(const FakeCall& call) const { return hooks_.fate ? hooks_.fate(call) : Fate{}; }
    [[nodiscard]] boost::asio::awaitable<void> meet(Fate fate, bool is_write) const;
    [[nodiscard]] boost::asio::awaitable<WriteAnswer> write(std::string verb, GroupId group, PersonId person);
    [[nodiscard]] bool apply(bool is_add, const std::string& group, const std::string& person);
    [[nodiscard]] Person told(const Person& person) const;
    [[nodiscard]] const Kept& kept(const GroupId& group) const;

    Hooks hooks_;
    std::map<std::string, Person> people_;  ///< by id
    std::map<std::string, Kept> groups_;    ///< by id
    std::function<void(GroupId)> changed_;
};

}  // namespace stint::simulation
