// The table of verbs: one row each. Everything that lists verbs (help, completion's test, the nearest one) reads it.
#pragma once

#include "client/cli/exit_code.hpp"
#include "client/cli/session.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stint::cli {

struct Verb {
    std::string_view name;                          ///< one word, or two: "audit search"
    std::string_view takes;                         ///< for the overview
    std::string_view summary;
    std::string_view example;
    void (*declare)(CLI::App&, Arguments&);
    ExitCode (*handle)(Session&);                   ///< null: not there yet
    std::string_view behind = "";                   ///< what stands behind the options
    bool needs_broker = true;
};

[[nodiscard]] std::span<const Verb> verbs();

/// The overview that `stint --help` prints.
[[nodiscard]] std::string overview();

struct CommandLine {
    const Verb* verb = nullptr;                     ///< null: `text` is to be printed, and nothing else
    Arguments arguments;
    std::string text;
    bool is_json = false;                           ///< known even when the rest could not be read
};

/// `words` without the program's name. Throws Trouble; `line` then says whether `run` or `--json` was typed.
void read_command_line(std::vector<std::string> words, CommandLine& line);

}  // namespace stint::cli
