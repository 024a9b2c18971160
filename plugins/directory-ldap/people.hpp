// Persons: found by login or by the directory's id under people.base, told as the protocol wants them. Reads only.
#pragma once

#include "plugins/directory-ldap/connection.hpp"
#include "plugins/directory-ldap/dialect.hpp"
#include "plugins/directory-ldap/dn.hpp"
#include "plugins/directory-ldap/lookups.hpp"
#include "plugins/directory-ldap/settings.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stint::directory_ldap {

struct Person {
    std::string id, dn, login, name, mail, manager;
    std::vector<std::string> logins;  ///< every value of the login attribute
    bool is_enabled = false;          ///< by_login and by_id leave it to is_disabled
    // What tells of membership by way of something else; empty where the server does not have it.
    std::string primary_sid{};             ///< of the primary group, its bytes
    std::string gid_number{};
    std::vector<std::string> member_of{};  ///< DNs of groups, nested ones too
};

class People {
public:
    People(PeopleSettings settings, Recognised recognised);
    People(const People&) = delete;  // the look-ups refer to it
    People& operator=(const People&) = delete;

    /// Throws PluginError(not_found), PluginError(refused) when several persons have the login.
    [[nodiscard]] boost::asio::awaitable<Person> by_login(std::shared_ptr<Connection> connection, std::string login);
    /// Where the entry with this id is by now, outside the base and without a login too: for taking away, not for roles.
    /// nullopt when it is nowhere. Throws PluginError(unreachable) when the people cannot be seen at all, which proves nothing.
    [[nodiscard]] boost::asio::awaitable<std::optional<Person>> anywhere_by_id(std::shared_ptr<Connection> connection, std::string id) const;
    [[nodiscard]] boost::asio::awaitable<std::optional<Person>> by_id(std::shared_ptr<Connection> connection, std::string id);
    /// Who is behind these values; nobody's are left out. `dns` are values of member, `logins` of memberUid.
    [[nodiscard]] boost::asio::awaitable<std::vector<Person>> behind(std::shared_ptr<Connection> connection, std::vector<std::string> dns,
                                                                     std::vector<std::string> logins) const;
    /// Does no entry at all have this DN?
    [[nodiscard]] boost::asio::awaitable<bool> is_nobody(std::shared_ptr<Connection> connection, std::string dn) const;
    /// The entry with this id is the one that this name leads to.
    [[nodiscard]] boost::asio::awaitable<bool> is_at(std::shared_ptr<Connection> connection, std::string dn, std::string id) const;
    [[nodiscard]] boost::asio::awaitable<bool> is_nobodys_login(std::shared_ptr<Connection> connection, std::string login) const;

    /// Now, or past the end of their account.
    [[nodiscard]] boost::asio::awaitable<bool> is_disabled(std::shared_ptr<Connection> connection, std::string id);
    [[nodiscard]] const Dialect& dialect() const noexcept { return *recognised_.dialect; }
    [[nodiscard]] const std::string& suffix() const noexcept { return recognised_.suffix; }
    [[nodiscard]] bool is_under_base(std::string_view dn) const { return is_under_key(dn, base_key_); }
    [[nodiscard]] const PeopleSettings& settings() const noexcept { return settings_; }

private:
    [[nodiscard]] Search search_for(const std::string& base, Scope scope, const Filter& filter) const;
    [[nodiscard]] std::optional<Person> person_of(const Entry& entry) const;
    [[nodiscard]] boost::asio::awaitable<std::vector<Person>> with_enabled(std::shared_ptr<Connection> connection, std::vector<Person> people) const;

    [[nodiscard]] boost::asio::awaitable<Person> by_login_alone(std::shared_ptr<Connection> connection, std::string login) const;
    /// Finds those of them who are disabled.
    [[nodiscard]] Search disabled_search(const std::vector<std::string>& ids) const;

    using PersonLookups = Lookups<std::string, Person>;
    using DisabledLookups = Lookups<std::string, bool>;
    [[nodiscard]] boost::asio::awaitable<PersonLookups::Answers> by_ids(std::shared_ptr<Connection> connection, std::vector<std::string> ids) const;
    [[nodiscard]] boost::asio::awaitable<PersonLookups::Answers> by_logins(std::shared_ptr<Connection> connection, std::vector<std::string> logins) const;
    [[nodiscard]] boost::asio::awaitable<DisabledLookups::Answers> are_disabled(std::shared_ptr<Connection> connection, std::vector<std::string> ids) const;

    PeopleSettings settings_;
    Recognised recognised_;
    std::string base_key_;
    std::vector<std::string> attributes_;
    PersonLookups ids_, logins_;
    DisabledLookups disabled_;
};

[[nodiscard]] boost::json::object to_json(const Person& person);

}  // namespace stint::directory_ldap
