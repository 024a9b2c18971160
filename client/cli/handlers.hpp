// One function a verb: asks the broker, prints, and says how it ended. All throw Trouble and Interrupted.
#pragma once

#include "client/cli/exit_code.hpp"

namespace stint::cli {

struct Session;

// verbs_look.cpp
[[nodiscard]] ExitCode whoami(Session& session);
[[nodiscard]] ExitCode entitlements(Session& session);
[[nodiscard]] ExitCode list(Session& session);
[[nodiscard]] ExitCode show(Session& session);
// verbs_ask.cpp
[[nodiscard]] ExitCode request(Session& session);
[[nodiscard]] ExitCode break_glass(Session& session);
[[nodiscard]] ExitCode extend(Session& session);
// verbs_decide.cpp
[[nodiscard]] ExitCode approve(Session& session);
[[nodiscard]] ExitCode deny(Session& session);
[[nodiscard]] ExitCode cancel(Session& session);
[[nodiscard]] ExitCode release(Session& session);
[[nodiscard]] ExitCode revoke(Session& session);
[[nodiscard]] ExitCode review(Session& session);
// verbs_watch.cpp
[[nodiscard]] ExitCode watch(Session& session);
// verbs_audit.cpp
[[nodiscard]] ExitCode audit_search(Session& session);
[[nodiscard]] ExitCode audit_show(Session& session);
// completion.cpp
[[nodiscard]] ExitCode completion(Session& session);
// run.cpp
[[nodiscard]] ExitCode run(Session& session);

}  // namespace stint::cli
