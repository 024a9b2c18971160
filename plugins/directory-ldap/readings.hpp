// Small groups that are read together: which of some values each has, or all it has. A large group is read alone, since
// the server holds each of its values against what is wanted of every group in the search (RFC 3876).
#pragma once

#include "plugins/directory-ldap/groups.hpp"
#include "plugins/directory-ldap/lookups.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace stint::directory_ldap {

class Readings {
public:
    using Values = std::set<Value>;

    Readings(std::string base, const Dialect& dialect);
    Readings(const Readings&) = delete;  // the look-ups refer to it
    Readings& operator=(const Readings&) = delete;

    // As the server has it at a moment after the call. nullopt: it cannot be told together with others, or the group is
    // not where it was; whoever reads it alone sees which.
    [[nodiscard]] boost::asio::awaitable<std::optional<Values>> values(std::shared_ptr<Connection> connection, Target group, Values wanted);
    [[nodiscard]] boost::asio::awaitable<std::optional<Entry>> whole(std::shared_ptr<Connection> connection, Target group);
    /// So many values it had when it was read as a whole.
    void has_size(const Target& group, std::size_t values);

private:
    struct Question {
        Target group;
        Values wanted;
    };
    using ValueLookups = Lookups<Question, Values>;
    using WholeLookups = Lookups<Target, Entry>;
    [[nodiscard]] bool is_small(const Target& group) const;
    [[nodiscard]] Search search_for(const std::vector<Target>& groups) const;
    [[nodiscard]] const Entry* entry_of(const Reply& reply, const Target& group) const;
    [[nodiscard]] boost::asio::awaitable<ValueLookups::Answers> read_values(std::shared_ptr<Connection> connection,
                                                                            std::vector<Question> questions) const;
    [[nodiscard]] boost::asio::awaitable<WholeLookups::Answers> read_whole_groups(std::shared_ptr<Connection> connection,
                                                                                  std::vector<Target> groups) const;

    std::string base_;
    const Dialect& dialect_;
    std::unordered_map<std::string, std::size_t> sizes_;  ///< by id
    ValueLookups values_;
    WholeLookups whole_;
};

}  // namespace stint::directory_ldap
