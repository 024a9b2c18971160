// The rows, and finding the one that was typed. Verbs are matched before CLI11 sees a word: an entitlement may be
// called like a verb.
#include "client/cli/verbs.hpp"

#include "client/cli/handlers.hpp"
#include "client/cli/help.hpp"
#include "client/cli/nearest.hpp"
#include "client/cli/trouble.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

namespace stint::cli {
namespace {

constexpr std::array table{
    Verb{"whoami", "", "Who the broker takes you for, and what you may do.", "", declare_nothing, whoami},
    Verb{"entitlements", "", "What may be lent, to whom, and for how long.", "", declare_nothing, entitlements},
    Verb{"request", "ENTITLEMENT -t TICKET -r REASON", "Ask for an entitlement and wait until it is ready, or the answer is no.",
         "stint request ehr-password-reset -t INC0001 -r 'locked out' --verified callback -d 30m", declare_request, request},
    Verb{"run", "ENTITLEMENT -t TICKET -r REASON -- COMMAND [ARG...]", "Run a command while holding an entitlement; it is given back when the command ends.",
         "stint run ehr-password-reset -t INC0001 -r 'locked out' --verified callback -- reset-password dr.mensah", declare_run, run, "-- COMMAND [ARG...]"},
    Verb{"break-glass", "ENTITLEMENT -r REASON", "Open an entitlement in an emergency, without approval; a review always follows.",
         "stint break-glass ehr-password-reset -r 'patient in theatre, no approver reachable'", declare_break_glass, break_glass},
    Verb{"list", "[--mine|--pending|--active|--due|--findings|--all]", "List requests, grants, reviews or findings.", "stint list --pending", declare_list, list},
    Verb{"show", "ID", "Tell the whole story of a request, and what you may do next.", "stint show 12", declare_id, show},
    Verb{"watch", "[ID]", "Follow what happens, line by line.", "stint watch 12", declare_watch, watch},
    Verb{"approve", "ID", "Approve a request.", "stint approve 12 -r 'seen the ticket' -d 20m", declare_approve, approve},
    Verb{"deny", "ID -r COMMENT", "Deny a request.", "stint deny 12 -r 'wrong ticket'", declare_deny, deny},
    Verb{"cancel", "ID", "Take back a request of your own that has not opened.", "stint cancel 12", declare_id, cancel},
    Verb{"extend", "ID -d DURATION -r REASON", "Ask for a longer grant.", "stint extend 12 -d 30m -r 'still restoring'", declare_extend, extend},
    Verb{"release", "ID", "Give a grant back before its end.", "stint release 12 --resolution 'password reset'", declare_release, release},
    Verb{"revoke", "ID -r REASON", "Take a grant away from somebody.", "stint revoke 12 -r 'account is being misused'", declare_revoke, revoke},
    Verb{"review", "ID --verdict justified|unjustified -r COMMENT", "Judge a break-glass afterwards.",
         "stint review 12 --verdict justified -r 'agreed with the ward'", declare_review, review},
    Verb{"audit search", "[--since TIME] [--person LOGIN] ...", "Search the audit log, newest first.", "stint audit search --since -24h --person ada", declare_search, audit_search},
    Verb{"audit show", "SEQ", "Show one event of the audit log.", "stint audit show 118", declare_seq, audit_show},
    Verb{"completion", "SHELL", "Print the script that lets a shell complete what is typed behind stint.", "source <(stint completion bash)", declare_completion, completion, "", false},
    Verb{"audit verify", "", "Verify the audit log.", "", declare_nothing, nullptr},
    Verb{"audit export", "", "Export the audit log.", "", declare_nothing, nullptr},
    Verb{"audit evidence", "", "Bundle the evidence for one request.", "", declare_nothing, nullptr},
    Verb{"audit checkpoint", "", "Print the log's signed checkpoint.", "", declare_nothing, nullptr},
    Verb{"contain", "LOGIN -r REASON", "Take everything lent away from a person.", "", declare_nothing, nullptr},
    Verb{"uncontain", "LOGIN -r REASON", "Let a contained person ask again.", "", declare_nothing, nullptr},
    Verb{"access-review", "start|list|show|decide|close", "Attest who is eligible and who is standing.", "", declare_nothing, nullptr},
    Verb{"report", "", "Report on a time span.", "", declare_nothing, nullptr},
    Verb{"login", "", "Sign in to a remote broker.", "", declare_nothing, nullptr},
    Verb{"logout", "", "Sign out of a remote broker.", "", declare_nothing, nullptr},
};

std::string_view first_word(std::string_view name) { return name.substr(0, name.find(' ')); }

bool takes_value(std::string_view word) { return word == "--socket" || word == "--as" || word == "--timeout"; }

[[noreturn]] void unknown_verb(std::string_view what, const std::string& typed, const std::vector<std::string_view>& known) {
    throw usage_trouble("There is no " + std::string(what) + " `" + typed + "`" + did_you_mean(typed, known) + (nearest(typed, known) ? "?" : "."),
                        "`stint --help` lists the verbs.");
}

/// The row for a verb; `second` is what stands behind it, and is used up when the verb has two words.
const Verb& find_verb(const std::string& first, std::vector<std::string>& rest) {
    std::vector<std::string_view> firsts, seconds;
    for (const Verb& verb : table) {
        if (verb.name == first) return verb;
        firsts.push_back(first_word(verb.name));
        if (first_word(verb.name) == first) seconds.push_back(verb.name.substr(first.size() + 1));
    }
    if (seconds.empty()) unknown_verb("verb", first, firsts);
    std::string choice;
    for (const auto second : seconds) choice.append(choice.empty() ? "" : ", ").append(second);
    if (rest.empty() || rest.front().starts_with('-')) throw usage_trouble("`stint " + first + "` wants one of: " + choice + ".");
    const std::string second = rest.front();
    rest.erase(rest.begin());
    for (const Verb& verb : table) {
        if (verb.name == first + " " + second) return verb;
    }
    unknown_verb(first + " verb", second, seconds);
}

/// Global options in front of the verb; leaves `words` at the verb. Returns help or version when those were typed.
std::optional<std::string> take_leading_options(std::vector<std::string>& words, std::vector<std::string>& options) {
    auto at = words.begin();
    for (; at != words.end() && at->starts_with('-'); ++at) {
        if (*at == "-h" || *at == "--help") return overview();
        if (*at == "-V" || *at == "--version") return "stint " STINT_VERSION "\n";
        const bool is_known = *at == "--json" || takes_value(first_word(*at)) || takes_value(at->substr(0, at->find('=')));
        if (!is_known) throw usage_trouble("There is no option `" + *at + "` in front of a verb.", "`stint --help` lists the verbs and options.");
        options.push_back(*at);
        if (!takes_value(*at)) continue;
        if (std::next(at) == words.end()) throw usage_trouble(*at + " is given no value.", "`stint --help` lists the verbs and options.");
        options.push_back(*++at);
    }
    words.erase(words.begin(), at);
    return std::nullopt;
}

}  // namespace

std::span<const Verb> verbs() { return table; }

std::string overview() {
    std::string there = "Ask for a task on a ticket, have it approved, hold it for a while.\n\nUsage: stint VERB [OPTION...]\n\n";
    std::string missing;
    for (const Verb& verb : table) {
        if (verb.handle == nullptr) {
            missing.append(missing.empty() ? "" : ", ").append(verb.name);
            continue;
        }
        const std::string left = "  " + std::string(verb.name) + (verb.takes.empty() ? "" : " " + std::string(verb.takes));
        there += left + "\n      " + wrapped(verb.summary, 6, 6) + "\n";
    }
    there += "\nEverywhere:\n"
             "  --json               print JSON: one object, or one a line for streams and\n"
             "                       searches\n"
             "  --socket PATH        the broker's socket (else $STINT_SOCKET, the\n"
             "                       configuration, /run/stint/stint.sock)\n"
             "  --as LOGIN           be somebody else (demonstrations only)\n"
             "  --timeout DURATION   how long to wait for one answer of the broker\n"
             "  -h, --help           this help; `stint VERB --help` or `stint help VERB` tells\n"
             "                       of one verb\n"
             "  -V, --version        the version\n\n"
             "Exit: 0 done, 1 unexpected, 2 usage, 3 denied or revoked, 4 sign-in needed,\n"
             "      5 lapsed, 6 refused, 7 broker unreachable, 8 still pending, 130 Ctrl-C;\n"
             "      `run`: the command's own, or 124 to 127.\n\n";
    return there + wrapped("Not there yet: " + missing + ".", 0, 6) + "\n";
}

void read_command_line(std::vector<std::string> words, CommandLine& line) {
    if (const auto dashes = std::find(words.begin(), words.end(), "--"); dashes != words.end()) {
        line.is_json = std::find(words.begin(), dashes, "--json") != dashes;
    } else {
        line.is_json = std::find(words.begin(), words.end(), "--json") != words.end();
    }
    std::vector<std::string> options;
    if (auto text = take_leading_options(words, options)) {
        line.text = std::move(*text);
        return;
    }
    if (words.empty() || words.front().empty()) throw usage_trouble("A verb is missing.", "`stint --help` lists the verbs.");
    // `stint help VERB` is `stint VERB --help`.
    const bool is_help = words.front() == "help";
    if (is_help) words.erase(words.begin());
    if (words.empty()) {
        line.text = overview();
        return;
    }
    const std::string first = words.front();
    words.erase(words.begin());
    const Verb& verb = find_verb(first, words);
    if (is_help) words.assign({"--help"});
    line.verb = &verb;
    if (verb.handle == nullptr)
        throw Trouble(ExitCode::usage, "not_there_yet", "`stint " + std::string(verb.name) + "` is not there yet in this version.",
                      "`stint --help` lists what is.");
    if (verb.handle == run) {
        // What follows the dashes is the command's, help and all.
        const auto dashes = std::find(words.begin(), words.end(), "--");
        if (dashes != words.end()) line.arguments.command.assign(std::next(dashes), words.end());
        words.erase(dashes, words.end());
    }
    options.insert(options.end(), std::make_move_iterator(words.begin()), std::make_move_iterator(words.end()));
    if (auto help = read_arguments(verb, std::move(options), line.arguments)) {
        line.verb = nullptr;
        line.text = std::move(*help);
    }
}

}  // namespace stint::cli
