// Groups: what their schema means, which of them may be written, where they are now. Reads only; the list of
// managed groups is the plugin's own and nobody else can add to it.
#pragma once

#include "plugins/directory-ldap/connection.hpp"
#include "plugins/directory-ldap/lookups.hpp"
#include "plugins/directory-ldap/people.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace stint::directory_ldap {

/// What the object classes of a group make of membership. The first attribute is the one that is written when
/// somebody is added; all of them are read, and cleared when somebody is removed. So in a group that is both
/// groupOfNames and posixGroup, `member` opens and `memberUid`, which the class only allows, can but close.
struct Shape {
    std::vector<std::string> attributes;
    std::string kind;                ///< "groupOfNames", "groupOfNames+posixGroup"
    bool needs_a_value = false;      ///< the class refuses a group without members (65)
};
[[nodiscard]] Shape shape_of(const std::vector<std::string>& object_classes, const Dialect& dialect);
[[nodiscard]] bool holds_logins(const std::string& attribute);  ///< memberUid; the others hold DNs
/// As far as we can tell, two values are one when these are equal. The server may know better.
[[nodiscard]] Value comparable(const Value& value);

/// A group where it was last seen. Writes are guarded by the id, so a stale place is an error, never a wrong group.
struct Target {
    std::string id, dn;
    Shape shape;
};

/// Reads the id and the classes of what is at this DN.
[[nodiscard]] Search base_search(const std::string& dn, const Dialect& dialect);
/// Reads it, with all its members but for what comes in ranges, if the place still holds this group.
[[nodiscard]] Search whole_group(const Target& group, const Dialect& dialect);
/// All its members. Throws EntryGone when the place holds another group, or none.
[[nodiscard]] boost::asio::awaitable<Entry> read_whole(std::shared_ptr<Connection> connection, Target group, const Dialect* dialect);

[[nodiscard]] std::set<Value> values_of(const Entry& group, const Shape& shape);

class Groups {
public:
    Groups(std::string base, const std::vector<std::string>& managed, const People& people);
    Groups(const Groups&) = delete;  // the look-ups refer to it
    Groups& operator=(const Groups&) = delete;

    [[nodiscard]] const std::string& base() const noexcept { return base_; }
    [[nodiscard]] boost::asio::awaitable<boost::json::object> by_name(std::shared_ptr<Connection> connection, std::string name);
    [[nodiscard]] boost::asio::awaitable<boost::json::object> by_id(std::shared_ptr<Connection> connection, std::string id);
    /// For reading. Throws PluginError(not_found).
    [[nodiscard]] boost::asio::awaitable<Target> locate(std::shared_ptr<Connection> connection, std::string id, bool must_be_fresh = false);
    /// For writing: it is on the list, and its place is the place on the list. Throws not_found, not_allowed.
    [[nodiscard]] boost::asio::awaitable<Target> writable(std::shared_ptr<Connection> connection, std::string id);
    /// Why a write found another entry, or none. Always throws: not_found or not_allowed.
    [[nodiscard]] boost::asio::awaitable<void> refuse_gone(std::shared_ptr<Connection> connection, Target target);
    /// Every group under the base that the person is in; `indirect` marks those whose own members do not name them.
    [[nodiscard]] boost::asio::awaitable<boost::json::array> of_person(std::shared_ptr<Connection> connection, Person person);

private:
    struct Managed {
        std::string dn, key;
        std::optional<Target> pinned;  ///< the group that was first seen there
        std::string turned_away;       ///< id of another group that was seen there later, and told
    };
    struct Seen {
        Target target;
        std::chrono::steady_clock::time_point at;
    };
    [[nodiscard]] const Dialect& dialect() const noexcept { return people_.dialect(); }
    [[nodiscard]] Search search_under_base(const Filter& filter) const;
    [[nodiscard]] std::vector<Search> searches_for_kin(const Person& person) const;
    using DirectLookups = Lookups<std::vector<Value>, std::vector<Entry>>;  ///< the groups that have one of these values
    [[nodiscard]] std::vector<Value> values_for_direct(const Person& person) const;
    [[nodiscard]] Search search_for_direct(const std::vector<Value>& values) const;
    [[nodiscard]] boost::asio::awaitable<DirectLookups::Answers> direct_together(std::shared_ptr<Connection> connection,
                                                                                 std::vector<std::vector<Value>> wanted) const;
    [[nodiscard]] boost::asio::awaitable<std::vector<Entry>> direct_groups(std::shared_ptr<Connection> connection, Person person);
    [[nodiscard]] boost::asio::awaitable<std::vector<Entry>> groups_above(std::shared_ptr<Connection> connection, std::vector<Entry> groups) const;
    [[nodiscard]] boost::asio::awaitable<std::optional<Target>> search_by_id(std::shared_ptr<Connection> connection, std::string id) const;
    [[nodiscard]] boost::asio::awaitable<bool> is_in_place(std::shared_ptr<Connection> connection, Target target) const;
    [[nodiscard]] boost::asio::awaitable<void> pin_all(std::shared_ptr<Connection> connection);
    [[nodiscard]] bool pin(Target target);
    [[nodiscard]] boost::asio::awaitable<boost::json::object> described(std::shared_ptr<Connection> connection, Target target);
    [[nodiscard]] boost::asio::awaitable<bool> has_placeholder(std::shared_ptr<Connection> connection, Target target);
    [[nodiscard]] Managed* managed_by_id(const std::string& id);
    [[nodiscard]] Managed* managed_by_dn(const std::string& dn);
    void remember(const Target& target);

    std::string base_, base_key_;
    std::vector<Managed> managed_;
    const People& people_;
    std::unordered_map<std::string, Seen> seen_;
    DirectLookups direct_;
};

}  // namespace stint::directory_ldap
