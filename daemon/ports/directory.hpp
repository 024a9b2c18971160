// What the broker needs of a directory. Every call may throw Fault; a call that throws has told nothing.
// The same contract suite (tests/contract) runs on every implementation.
#pragma once

#include "core/person.hpp"
#include "core/time.hpp"
#include "ports/fault.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stint {

/// A membership as a server told it just now.
struct ReadBack {
    bool is_present = false;
    std::string server;
};

enum class WriteOutcome { changed, already_so };

/// The answer to `add` or `remove`. The outcome alone proves nothing; `read_back` is there when the server
/// read the entry after the write in the same operation (RFC 4527).
struct WriteAnswer {
    WriteOutcome outcome = WriteOutcome::changed;
    std::string server;
    std::optional<ReadBack> read_back;
};

struct MembersPage {
    std::vector<Person> members;        ///< `groups` is not filled
    std::optional<std::string> cursor;  ///< absent on the last page
};

class Directory {
public:
    virtual ~Directory() = default;
    /// Throws Fault(not_found) when nobody has this login, Fault(refused) when several do.
    [[nodiscard]] virtual boost::asio::awaitable<Person> person_by_login(Login login) = 0;
    [[nodiscard]] virtual boost::asio::awaitable<Person> person_by_id(PersonId id) = 0;
    [[nodiscard]] virtual boost::asio::awaitable<Group> group(GroupName name) = 0;
    [[nodiscard]] virtual boost::asio::awaitable<MembersPage> members(GroupId group, std::optional<std::string> cursor) = 0;
    /// The id decides; login and name are those the person was known by, for what was written under an earlier one.
    [[nodiscard]] virtual boost::asio::awaitable<ReadBack> read_back(GroupId group, PersonRef person) = 0;
    /// `life` bounds the membership where the directory can end it by itself (capability expiring_values).
    [[nodiscard]] virtual boost::asio::awaitable<WriteAnswer> add(GroupId group, PersonRef person, Seconds life) = 0;
    [[nodiscard]] virtual boost::asio::awaitable<WriteAnswer> remove(GroupId group, PersonRef person) = 0;
    /// Called on the io thread whenever a group was seen to change behind our back.
    virtual void on_changed(std::function<void(GroupId)> handler) = 0;
};

}  // namespace stint
