// Questions for persons by id, put to a server together while an earlier one is under way: alone, one waits for nobody;
// when many ask at once, the server has one search to do instead of dozens. Knows nothing of persons but how to ask.
#pragma once

#include "plugins/directory-ldap/connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stint::directory_ldap {

struct Person;

class Lookups {
public:
    using Found = std::map<std::string, Person>;  ///< by id; who is not there is left out
    using Ask = std::function<boost::asio::awaitable<Found>(std::shared_ptr<Connection> connection, std::vector<std::string> ids)>;

    explicit Lookups(Ask ask) : ask_(std::move(ask)) {}
    /// As the server has it at a moment after this call. Throws what `ask` throws.
    [[nodiscard]] boost::asio::awaitable<std::optional<Person>> find(std::shared_ptr<Connection> connection, std::string id);

private:
    struct Lookup;
    using Waiting = std::vector<std::shared_ptr<Lookup>>;

    boost::asio::awaitable<void> ask_for(std::shared_ptr<Connection> connection, Waiting batch) const;
    void hand_on(const Connection* connection);

    static constexpr std::size_t at_once = 64;
    Ask ask_;
    std::map<const Connection*, Waiting> lines_;  ///< an entry while somebody asks
};

}  // namespace stint::directory_ldap
