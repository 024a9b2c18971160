// What a plugin answered, as the core's types. Strict: a field that is missing, of another type or longer than it
// may be is nonsense (Fault `broken`); a field that is not known is ignored, so that a newer plugin may say more.
#pragma once

#include "core/person.hpp"
#include "plugin_host/connection.hpp"
#include "ports/directory.hpp"
#include "ports/fault.hpp"
#include "ports/ticket_system.hpp"
#include "wire/jsonrpc.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace stint::plugin_host {

inline constexpr int protocol_version = 1;
inline constexpr std::size_t members_page = 500;

/// What a plugin says of itself in the handshake.
struct Identity {
    std::string name, version, kind;
    std::int64_t protocol = 0;
    std::vector<std::string> capabilities;
};

[[nodiscard]] Identity identity_from(const boost::json::object& result);
[[nodiscard]] Person person_from(const boost::json::object& result);
[[nodiscard]] Group group_from(const boost::json::object& result);
[[nodiscard]] MembersPage members_from(const boost::json::object& result);
[[nodiscard]] ReadBack read_back_from(const boost::json::object& result);
[[nodiscard]] WriteAnswer added_from(const boost::json::object& result);
[[nodiscard]] WriteAnswer removed_from(const boost::json::object& result);
[[nodiscard]] Ticket ticket_from(const boost::json::object& result);
[[nodiscard]] GroupId changed_group_from(const boost::json::object& params);

/// A plugin's error as a fault, its words escaped. An error that is not one of the protocol's, or that says what
/// only a write may say of a read, is nonsense.
[[nodiscard]] Fault fault_from(const wire::RpcError& error, Impact impact, const std::string& what);

}  // namespace stint::plugin_host
