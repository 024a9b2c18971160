// A directory that is late, lies, goes down, applies writes it never answered, and has a rival administrator. Its
// truth is open to the simulation, which knows which memberships are the broker's own doing.
#pragma once

#include "ports/directory.hpp"
#include "virtual_clock.hpp"

#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace stint::simulation {

/// Chances, each between 0 and 1, of what may happen to one call.
struct Faults {
    double not_sent = 0, refused = 0, lost = 0, unanswered = 0, late = 0, slow = 0;
};

class FaultyDirectory final : public Directory {
public:
    using Pair = std::pair<std::string, std::string>;  ///< (group, login)

    FaultyDirectory(VirtualClock& clock, std::mt19937_64& random, Seconds settle) : clock_(clock), random_(random), settle_(settle) {}

    boost::asio::awaitable<Person> person_by_login(Login login) override;
    boost::asio::awaitable<Person> person_by_id(PersonId id) override;
    boost::asio::awaitable<Group> group(GroupName name) override;
    boost::asio::awaitable<MembersPage> members(GroupId group, std::optional<std::string> cursor) override;
    boost::asio::awaitable<ReadBack> read_back(GroupId group, PersonRef person) override;
    boost::asio::awaitable<WriteAnswer> add(GroupId group, PersonRef person, Seconds life) override;
    boost::asio::awaitable<WriteAnswer> remove(GroupId group, PersonRef person) override;
    void on_changed(std::function<void(GroupId)>) override {}

    // The world's side.
    void put_person(const std::string& login, const std::vector<std::string>& groups);
    void enable(const std::string& login, bool is_enabled) { people_.at(login).is_enabled = is_enabled; }
    void rival_add(const Pair& pair) { members_.insert(pair); }
    void rival_remove(const Pair& pair);
    void set_faults(const Faults& faults) { faults_ = faults; }
    void set_down(bool is_down) { is_down_ = is_down; }
    /// Writes that were never answered come true when their time has come; call it whenever time has passed.
    void late_writes();
    /// The connection dies with the broker; what the server has taken in may still come true.
    void crash();

    [[nodiscard]] const std::set<Pair>& ours() const { return ours_; }
    [[nodiscard]] bool is_member(const Pair& pair) const { return members_.count(pair) != 0; }
    /// "" or the rule of the directory that the broker broke.
    [[nodiscard]] const std::string& violation() const { return violation_; }

private:
    struct Late {
        BootTime at;
        Pair pair;
        bool is_add;
    };
    boost::asio::awaitable<void> travel();
    boost::asio::awaitable<WriteAnswer> write(Pair pair, bool is_add);
    bool apply(const Pair& pair, bool is_add);
    bool happens(double chance) { return std::uniform_real_distribution<double>(0, 1)(random_) < chance; }
    [[nodiscard]] Person person(const std::string& login) const;

    VirtualClock& clock_;
    std::mt19937_64& random_;
    Seconds settle_;
    Faults faults_;
    bool is_down_ = false;
    std::map<std::string, Person> people_;
    std::set<Pair> members_, ours_, under_way_;
    std::vector<Late> late_;
    std::string violation_;
};

}  // namespace stint::simulation
