// What can be typed behind a verb, and how it is read. The only room that knows CLI11.
#pragma once

#include "core/id.hpp"
#include "core/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace stint::cli {

/// Everything that any verb takes; each verb's row declares which of it.
struct Arguments {
    bool is_json = false;
    std::optional<std::string> socket, act_as;
    Seconds timeout{60};

    RequestId id;
    EventSeq seq;
    std::string entitlement, ticket, reason, impact, action, affected;
    std::vector<std::string> verified;
    std::optional<Seconds> duration;
    std::optional<Utc> start_at;
    bool is_no_wait = false, is_dry_run = false;
    std::string confirm, resolution, verdict, incident;
    std::optional<Seconds> wait_timeout;
    bool must_kill_on_expiry = false;
    std::vector<std::string> command;         ///< what stands behind `--`

    bool is_mine = false, is_pending = false, is_active = false, is_due = false, is_findings = false, is_all = false;
    std::int64_t before = 0;                  ///< 0: from the newest on
    int limit = 0;                            ///< 0: as the broker likes
    std::optional<Utc> since, until;
    std::string type, person, origin, shell;
    std::int64_t of_request = 0;
};

struct Verb;

/// One option or argument of a verb, as help and completion tell of it.
struct OptionRow {
    std::vector<std::string> names;           ///< with their dashes, short ones first; an argument's one name
    std::string value;                        ///< what it takes, such as DURATION, or "a|b" where nothing else may stand; "" for a flag
    std::string help, group;
    bool is_required = false, is_argument = false;
};

/// The verb's own options first, then those of every verb.
[[nodiscard]] std::vector<OptionRow> grammar_of(const Verb& verb);

/// Reads what follows the verb (and the global options in front of it). Throws Trouble (exit 2) for a mistake.
/// Returns the text to print instead of doing anything, when help was asked for.
[[nodiscard]] std::optional<std::string> read_arguments(const Verb& verb, std::vector<std::string> words, Arguments& arguments);

// What the rows of the table declare; several may be named.
void declare_nothing(CLI::App& app, Arguments& arguments);
void declare_id(CLI::App& app, Arguments& arguments);
void declare_request(CLI::App& app, Arguments& arguments);
void declare_run(CLI::App& app, Arguments& arguments);
void declare_break_glass(CLI::App& app, Arguments& arguments);
void declare_list(CLI::App& app, Arguments& arguments);
void declare_watch(CLI::App& app, Arguments& arguments);
void declare_approve(CLI::App& app, Arguments& arguments);
void declare_deny(CLI::App& app, Arguments& arguments);
void declare_extend(CLI::App& app, Arguments& arguments);
void declare_release(CLI::App& app, Arguments& arguments);
void declare_revoke(CLI::App& app, Arguments& arguments);
void declare_review(CLI::App& app, Arguments& arguments);
void declare_search(CLI::App& app, Arguments& arguments);
void declare_completion(CLI::App& app, Arguments& arguments);
void declare_seq(CLI::App& app, Arguments& arguments);

}  // namespace stint::cli
