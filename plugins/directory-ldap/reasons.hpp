// From LDAP's answers to the protocol's reasons, with words for an administrator. Decides nothing else.
#pragma once

#include "plugins/directory-ldap/connection.hpp"
#include "plugins/directory-ldap/dialect.hpp"
#include "plugins/directory-ldap/operation.hpp"
#include "plugins/sdk/plugin.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace stint::directory_ldap {

/// The entry that a search or a write was aimed at is not there, or is another one.
class EntryGone : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A definite no, for it takes no writes at all: a copy, or made read-only. Another server may.
class TakesNoWrites : public sdk::PluginError {
    using sdk::PluginError::PluginError;
};

/// What became of one value of a modify.
enum class Written { changed, already_so };

/// Sends one modify, and takes it back when the server then shows that it hit another entry than the one with this id
/// (WriteGuard::post_read). Throws PluginError(unknown_outcome) when its fate is not known, PluginError(refused) when the
/// server said no (TakesNoWrites when it says so to anybody), EntryGone when the entry is another one, ConnectionLost when nothing was sent.
[[nodiscard]] boost::asio::awaitable<Written> write(std::shared_ptr<Connection> connection, Modify modify, std::string id,
                                                   const Dialect* dialect);

/// All searches at once on one connection; answers in the same order. A referral is an error, "no such object" is
/// an answer without entries. Throws PluginError or ConnectionLost; the rest is abandoned by then.
[[nodiscard]] boost::asio::awaitable<std::vector<Reply>> search_all(std::shared_ptr<Connection> connection, std::vector<Search> searches);
[[nodiscard]] boost::asio::awaitable<Reply> search(std::shared_ptr<Connection> connection, Search what);

}  // namespace stint::directory_ldap
