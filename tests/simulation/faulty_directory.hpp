// A directory of two servers that is late, lies, goes down, lags, applies writes it never answered, and has a rival
// administrator. Its truth is open to the simulation.
#pragma once

#include "conduct.hpp"
#include "ports/directory.hpp"
#include "replicas.hpp"
#include "virtual_clock.hpp"

#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace stint::simulation {

/// Chances, each between 0 and 1, of what may happen to one call.
struct Faults {
    double not_sent = 0, refused = 0, lost = 0, unanswered = 0, late = 0, slow = 0;
    double stray = 0;   ///< it goes to the other server
    double wrong = 0;   ///< a write says "changed" for "already so", and the reverse
};

class FaultyDirectory final : public Directory {
public:
    FaultyDirectory(VirtualClock& clock, std::mt19937_64& random, Seconds settle) : clock_(clock), random_(random), settle_(settle), conduct_(settle) {}

    boost::asio::awaitable<Person> person_by_login(Login login) override;
    boost::asio::awaitable<Person> person_by_id(PersonId id) override;
    boost::asio::awaitable<Group> group(GroupName name) override;
    boost::asio::awaitable<MembersPage> members(GroupId group, std::optional<std::string> cursor) override;
    boost::asio::awaitable<ReadBack> read_back(GroupId group, PersonRef person) override;
    boost::asio::awaitable<WriteAnswer> add(GroupId group, PersonRef person, Seconds life) override;
    boost::asio::awaitable<WriteAnswer> remove(GroupId group, PersonRef person) override;
    void on_changed(std::function<void(GroupId)> handler) override { changed_ = std::move(handler); }

    // The world's side.
    void put_person(const std::string& login, const std::vector<std::string>& groups);
    void enable(const std::string& login, bool is_enabled);
    /// How long this person has been disabled without a break; nothing when they are enabled.
    [[nodiscard]] BootTime disabled_for(const std::string& login) const;
    [[nodiscard]] bool is_in(const std::string& login, const std::vector<GroupName>& groups) const;
    void rival_write(std::size_t server, const Pair& pair, bool is_add);
    void set_faults(const Faults& faults) { faults_ = faults; }
    void set_down(bool is_down) { is_down_ = is_down; }
    /// The broker is connected to this server from now on.
    void fail_over(std::size_t server) { connected_ = server; }
    void set_lag(BootTime lag) { replicas_.set_lag(lag); }
    /// All is well from here on. `is_shared`: the servers take turns, so that each is heard on each membership.
    void heal(bool is_shared);
    /// Writes that were never answered come true when their time has come, and changes arrive; call it whenever time has
    /// passed.
    void let_happen();
    /// The connection dies with the broker; what the server has taken in may still come true.
    void crash();
    void ask_lending(std::function<Lending(const Pair&)> lending) { lending_ = std::move(lending); }
    [[nodiscard]] Conduct& conduct() { return conduct_; }
    [[nodiscard]] const Replicas& replicas() const { return replicas_; }

private:
    struct Late {
        BootTime at{};
        std::size_t server = 0;
        Pair pair;
        bool is_add = false;
    };
    boost::asio::awaitable<void> travel();
    boost::asio::awaitable<WriteAnswer> write(Pair pair, bool is_add);
    void happen_late(std::size_t server, const Pair& pair, bool is_add);
    std::size_t server_for(const Pair& pair);
    void tell(std::size_t server, const Pair& pair, bool is_present);
    bool happens(double chance) { return std::uniform_real_distribution<double>(0, 1)(random_) < chance; }
    [[nodiscard]] Person person(const std::string& login) const;

    VirtualClock& clock_;
    std::mt19937_64& random_;
    Seconds settle_;
    Faults faults_;
    bool is_down_ = false, is_shared_ = false;
    std::size_t connected_ = 0;
    std::map<std::string, Person> people_;
    std::map<std::string, BootTime> disabled_since_;
    std::map<Pair, std::size_t> turn_;
    Replicas replicas_;
    Conduct conduct_;
    std::vector<Late> late_;
    std::function<Lending(const Pair&)> lending_;
    std::function<void(GroupId)> changed_;
};

[[nodiscard]] inline Pair pair_of(const GroupId& group, const PersonId& person) { return {group.value.substr(4), person.value.substr(3)}; }

}  // namespace stint::simulation
