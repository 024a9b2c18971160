// What a verb works with: what was typed, the broker, and the two ways out.
#pragma once

#include "client/cli/api.hpp"
#include "client/cli/arguments.hpp"
#include "client/cli/output.hpp"
#include "client/cli/terminal.hpp"

namespace stint::cli {

struct Session {
    const Arguments& arguments;
    const Api& api;
    Output& output;
    Terminal& terminal;
};

}  // namespace stint::cli
