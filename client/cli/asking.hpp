// What the asking verbs share with `run`.
#pragma once

#include "client/cli/arguments.hpp"
#include "core/command.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace stint::cli {

struct Session;

/// Posts an ask for `arguments.entitlement`; when there is no such, says what was typed and what may have been meant.
[[nodiscard]] boost::json::object ask_for(const Session& session, std::string_view target, const boost::json::object& body);
[[nodiscard]] FileRequest file_request_of(const Arguments& arguments);
/// One line from standard input without its end; throws Interrupted.
[[nodiscard]] std::string read_line();

}  // namespace stint::cli
