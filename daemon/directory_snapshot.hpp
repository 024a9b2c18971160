// What the directory says about everything a policy names, taken once, to hold the policy against it.
#pragma once

#include "config/satisfiable.hpp"
#include "core/entitlement.hpp"
#include "ports/directory.hpp"

#include <boost/asio/awaitable.hpp>

namespace stint {

/// Every group that policy and roles name; with its members where they ask, decide or review. Throws Fault when the directory cannot be asked.
[[nodiscard]] boost::asio::awaitable<DirectorySnapshot> snapshot(Directory* directory, const Policy* policy);

}  // namespace stint
