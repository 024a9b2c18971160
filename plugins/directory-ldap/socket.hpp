// A connected stream socket within a time limit, as a plain descriptor. Knows nothing of LDAP or TLS.
#pragma once

#include "plugins/directory-ldap/settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace stint::directory_ldap {

/// The caller owns the descriptor; it is blocking, as libldap wants it. Throws std::runtime_error.
[[nodiscard]] boost::asio::awaitable<int> connected_socket(boost::asio::any_io_executor executor, Server server,
                                                           std::chrono::steady_clock::time_point limit);

}  // namespace stint::directory_ldap
