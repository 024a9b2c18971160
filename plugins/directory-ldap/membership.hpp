// One person in one group: is it so, make it so, make it not so. Every answer to a write carries what the same
// server shows right after it. The only file that builds a Modify.
#pragma once

#include "plugins/directory-ldap/groups.hpp"
#include "plugins/directory-ldap/people.hpp"
#include "plugins/directory-ldap/readings.hpp"
#include "plugins/directory-ldap/traces.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace stint::directory_ldap {

/// Who the person was when the broker last wrote it down; for persons who have been renamed or deleted since.
struct PersonHint {
    std::string login, name;
};

class Membership {
public:
    Membership(Groups& groups, People& people) : groups_(groups), people_(people), readings_(groups.base(), people.dialect()) {}

    // Each throws PluginError, or ConnectionLost when nothing was sent yet that could have changed anything.
    [[nodiscard]] boost::asio::awaitable<boost::json::object> read_back(std::shared_ptr<Connection> connection, std::string group, std::string person,
                                                                        PersonHint hint);
    /// Nothing is sent after `latest`: whoever asked has given up by then, and takes it that nothing comes any more.
    [[nodiscard]] boost::asio::awaitable<boost::json::object> add(std::shared_ptr<Connection> connection, std::string group, std::string person,
                                                                  std::chrono::steady_clock::time_point latest);
    [[nodiscard]] boost::asio::awaitable<boost::json::object> remove(std::shared_ptr<Connection> connection, std::string group, std::string person,
                                                                     PersonHint hint);
    void met(const Person& person) { traces_.met(person); }

private:
    struct Pair {
        Target group;
        std::string person_id;
        std::optional<Person> person;  ///< absent: deleted
        bool is_among_people = true;   ///< still under the base, with a login
        PersonHint hint;
    };
    using Values = std::set<Value>;
    [[nodiscard]] const Dialect& dialect() const noexcept { return people_.dialect(); }

    [[nodiscard]] boost::asio::awaitable<Pair> pair(std::shared_ptr<Connection> connection, Target group, std::string person, PersonHint hint);
    [[nodiscard]] Values own_values(const Pair& pair) const;      ///< by the names the person has now
    [[nodiscard]] Values earlier_values(const Pair& pair) const;  ///< by names the person had, as far as is known
    [[nodiscard]] Values likely_values(const Pair& pair, const Entry& entry) const;
    [[nodiscard]] boost::asio::awaitable<Values> values_in_group(std::shared_ptr<Connection> connection, Target group, Values wanted);
    [[nodiscard]] boost::asio::awaitable<Values> values_one_by_one(std::shared_ptr<Connection> connection, Target group, Values wanted);
    [[nodiscard]] boost::asio::awaitable<Values> leading_to(std::shared_ptr<Connection> connection, std::string person_id, Values strange);
    [[nodiscard]] boost::asio::awaitable<Values> without_namesakes(std::shared_ptr<Connection> connection, Values values);
    [[nodiscard]] boost::asio::awaitable<Values> held(std::shared_ptr<Connection> connection, Pair pair);
    [[nodiscard]] boost::asio::awaitable<Values> held_under_old_names(std::shared_ptr<Connection> connection, Pair pair);
    [[nodiscard]] boost::asio::awaitable<std::optional<bool>> seen_after_write(std::shared_ptr<Connection> connection, Pair pair);
    [[nodiscard]] boost::asio::awaitable<bool> take_away(std::shared_ptr<Connection> connection, Pair pair, Values values, bool is_first);
    [[nodiscard]] boost::asio::awaitable<std::optional<bool>> take_away_the_rest(std::shared_ptr<Connection> connection, Pair pair,
                                                                                 bool& has_removed);

    Groups& groups_;
    People& people_;
    Traces traces_;
    Readings readings_;
};

}  // namespace stint::directory_ldap
