// The options of each verb, said to CLI11. Numbers, durations and times are read by our own strict readers: CLI11 takes
// "010" for eight. What rules forbid (a ticket that must be named, say) is the broker's affair.
#include "client/cli/arguments.hpp"

#include "client/cli/help.hpp"
#include "client/cli/nearest.hpp"
#include "client/cli/trouble.hpp"
#include "client/cli/verbs.hpp"
#include "client/cli/when.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace stint::cli {
namespace {

constexpr const char* reason_help = "why, in a few words";
constexpr const char* length_wanted = "takes a length such as 90s, 30m or 1h30m, of one second at least.";
constexpr const char* everywhere = "Everywhere";

std::optional<std::int64_t> number_in(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole && number > 0 ? std::optional(number) : std::nullopt;
}

/// An option or argument whose text a reader of ours understands, or not.
template <class Read, class Keep>
CLI::Option* add_read(CLI::App& app, const std::string& name, const std::string& help, Read read, Keep keep, const std::string& wrong) {
    return app.add_option_function<std::string>(
        name,
        [read, keep, wrong, name](const std::string& text) {
            auto value = read(text);
            if (!value) throw CLI::ValidationError(name.substr(name.find(',') + 1) + " " + wrong);
            keep(*value);
        },
        help);
}

CLI::Option* add_duration(CLI::App& app, std::optional<Seconds>& to, const std::string& name, const std::string& help) {
    return add_read(app, name, help, [](const std::string& text) { return parse_duration(text); }, [&to](Seconds length) { to = length; },
                    length_wanted)
        ->type_name("DURATION");
}

CLI::Option* add_time(CLI::App& app, std::optional<Utc>& to, const std::string& name, const std::string& help) {
    return add_read(app, name, help, [](const std::string& text) { return parse_search_time(text, utc_now()); }, [&to](Utc time) { to = time; },
                    "takes a time: RFC 3339, HH:MM, or -30m for half an hour ago.")
        ->type_name("TIME");
}

template <class To>
CLI::Option* add_number(CLI::App& app, To& to, const std::string& name, const std::string& help) {
    const auto keep = [&to](std::int64_t number) {
        if constexpr (requires { to.value; }) to.value = number;
        else to = static_cast<To>(number);
    };
    const auto read = [](const std::string& text) {
        auto number = number_in(text);
        if constexpr (std::is_same_v<To, int>) {
            if (number && *number > 1'000'000) number.reset();
        }
        return number;
    };
    return add_read(app, name, help, read, keep, "takes a number such as 12.")->type_name("NUMBER");
}

CLI::Option* add_text(CLI::App& app, std::string& to, const std::string& name, const std::string& help, const std::string& type = "TEXT") {
    return app.add_option(name, to, help)->type_name(type);
}

/// One of few words; help and completion know them.
CLI::Option* add_choice(CLI::App& app, std::string& to, const std::string& name, const std::string& help, const std::vector<std::string>& words) {
    std::string type, listed;
    for (const auto& word : words) {
        type.append(type.empty() ? "" : "|").append(word);
        listed.append(listed.empty() ? "`" : &word == &words.back() ? " or `" : ", `").append(word).append("`");
    }
    const auto read = [words](const std::string& text) {
        return std::find(words.begin(), words.end(), text) == words.end() ? std::nullopt : std::optional(text);
    };
    return add_read(app, name, help, read, [&to](const std::string& text) { to = text; }, "takes " + listed + ".")->type_name(type);
}

void declare_globals(CLI::App& app, Arguments& arguments) {
    app.add_flag("--json", arguments.is_json, "print JSON: one object, or one a line for streams and searches")->group(everywhere);
    app.add_option("--socket", arguments.socket, "the broker's socket")->type_name("PATH")->group(everywhere);
    app.add_option("--as", arguments.act_as, "be somebody else (demonstrations only)")->type_name("LOGIN")->group(everywhere);
    add_read(app, "--timeout", "how long to wait for one answer of the broker", [](const std::string& text) { return parse_duration(text); },
             [&arguments](Seconds length) { arguments.timeout = length; }, length_wanted)
        ->type_name("DURATION")
        ->group(everywhere);
}

void declare_wait(CLI::App& app, Arguments& arguments) {
    app.add_flag("--no-wait", arguments.is_no_wait, "return at once; exit 8 while it is pending");
}

/// What a request says of itself.
void declare_ask(CLI::App& app, Arguments& arguments) {
    add_text(app, arguments.entitlement, "ENTITLEMENT", "what to ask for; `stint entitlements` lists them", "")->required();
    add_text(app, arguments.ticket, "-t,--ticket", "the ticket it is for", "TICKET");
    add_text(app, arguments.reason, "-r,--reason", reason_help, "REASON")->required();
    add_text(app, arguments.impact, "--impact", "what it means for the people concerned");
    add_text(app, arguments.action, "--action", "what you are going to do");
    add_text(app, arguments.affected, "--affected", "whose account or data it is about", "NAME");
    app.add_option("--verified", arguments.verified, "how the caller's identity was verified; may be given again")
        ->type_name("METHOD")
        ->allow_extra_args(false);
    add_duration(app, arguments.duration, "-d,--duration", "how long; the entitlement's default if not given");
    add_read(app, "--start", "when it shall open, if not at once", [](const std::string& text) { return parse_start(text, utc_now()); },
             [&arguments](Utc time) { arguments.start_at = time; }, "takes a time: RFC 3339, HH:MM, or +30m for in half an hour.")
        ->type_name("TIME");
}

OptionRow row_of(const CLI::Option& option) {
    OptionRow row;
    for (const auto& name : option.get_snames()) row.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) row.names.push_back("--" + name);
    row.is_argument = row.names.empty();
    if (row.is_argument) row.names.push_back(option.get_name());
    if (option.get_items_expected_max() > 0) row.value = option.get_type_name();
    row.help = option.get_description();
    row.group = option.get_group();
    row.is_required = option.get_required();
    return row;
}

void declare(CLI::App& app, const Verb& verb, Arguments& arguments) {
    app.set_help_flag("-h,--help", "print this help")->group(everywhere);
    declare_globals(app, arguments);
    verb.declare(app, arguments);
}

[[noreturn]] void unknown_option(const CLI::App& app, const std::string& what, const std::string& typed, const std::string& advice) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
    const std::string name = typed.substr(0, typed.find('='));
    const std::vector<std::string_view> known(names.begin(), names.end());
    throw usage_trouble(what + " has no option `" + name + "`" + did_you_mean(name, known) + (nearest(name, known) ? "?" : "."), advice);
}

/// All that has to be there and is not: "A, B and C".
std::string missing_in(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        if (!option->get_required() || option->count() > 0) continue;
        const OptionRow row = row_of(*option);
        names.push_back(row.is_argument || row.value.empty() ? row.names.back() : row.names.back() + " " + row.value);
    }
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) text.append(i == 0 ? "" : i + 1 == names.size() ? " and " : ", ").append(names[i]);
    return text;
}

/// Where a word too many most likely belongs.
std::string advice_on_words(const CLI::App& app, const Verb& verb) {
    if (verb.name == "run") return "The command goes behind two dashes (-- COMMAND), a text of several words in quotes; ";
    const bool has_text = app.get_option_no_throw("-r") != nullptr || app.get_option_no_throw("--resolution") != nullptr;
    return has_text ? "Put a text of several words in quotes; " : "";
}

/// CLI11's own words leave the newcomer alone with them.
[[noreturn]] void explain(const CLI::App& app, const Verb& verb, const CLI::ParseError& error) {
    const std::string what = "`stint " + std::string(verb.name) + "`";
    const std::string advice = "`stint " + std::string(verb.name) + " --help` tells what it takes.";
    const auto left = app.remaining(true);
    for (const auto& word : left) {
        if (word.starts_with('-') && word.size() > 1) unknown_option(app, what, word, advice);
    }
    if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr) throw usage_trouble(error.what(), advice);
    if (!left.empty()) throw usage_trouble(what + " was given one word too many: `" + left.front() + "`.", advice_on_words(app, verb) + advice);
    if (const std::string missing = missing_in(app); !missing.empty()) throw usage_trouble(what + " needs " + missing + ".", advice);
    for (const CLI::Option* option : app.get_options()) {
        const OptionRow row = row_of(*option);
        if (static_cast<int>(option->count()) > std::max(1, option->get_items_expected_max()))
            throw usage_trouble(row.names.back() + " is given more than once.", advice);
    }
    throw usage_trouble(what + " cannot be understood as typed: " + error.what() + ".", advice);
}

/// `--name=` is `--name ''`: CLI11 would take the next word for the value. A flag takes none, whatever CLI11 makes of it.
std::vector<std::string> with_values_apart(const CLI::App& app, const Verb& verb, std::vector<std::string> words) {
    const std::string advice = "`stint " + std::string(verb.name) + " --help` tells what it takes.";
    const auto all = app.get_options();
    std::vector<std::string> apart;
    bool is_behind_dashes = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        is_behind_dashes = is_behind_dashes || words[i] == "--";
        const std::size_t equals = words[i].starts_with("--") ? words[i].find('=') : std::string::npos;
        const std::string name = words[i].substr(0, equals);
        const auto found = std::find_if(all.begin(), all.end(), [&name, is_behind_dashes](const CLI::Option* option) {
            return !is_behind_dashes && name.size() > 1 && name.front() == '-' && option->check_name(name);
        });
        apart.push_back(found == all.end() ? words[i] : name);
        if (found == all.end()) continue;
        if ((*found)->get_items_expected_max() == 0) {
            if (equals != std::string::npos) throw usage_trouble(name + " takes no value.", advice);
        } else if (equals != std::string::npos) {
            apart.push_back(words[i].substr(equals + 1));
        } else if (i + 1 < words.size()) {
            apart.push_back(words[++i]);
        } else {
            throw usage_trouble(name + " is given no value; it takes " + row_of(**found).value + ".", advice);
        }
    }
    return apart;
}

}  // namespace

std::vector<OptionRow> grammar_of(const Verb& verb) {
    CLI::App app;
    Arguments arguments;
    declare(app, verb, arguments);
    std::vector<OptionRow> rows, common;
    for (const CLI::Option* option : app.get_options()) {
        OptionRow row = row_of(*option);
        (row.group == everywhere ? common : rows).push_back(std::move(row));
    }
    rows.insert(rows.end(), std::make_move_iterator(common.begin()), std::make_move_iterator(common.end()));
    return rows;
}

std::optional<std::string> read_arguments(const Verb& verb, std::vector<std::string> words, Arguments& arguments) {
    CLI::App app;
    declare(app, verb, arguments);
    words = with_values_apart(app, verb, std::move(words));
    std::reverse(words.begin(), words.end());
    try {
        app.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
        return help_of(verb);
    } catch (const CLI::ParseError& error) {
        explain(app, verb, error);
    }
    if (arguments.is_mine + arguments.is_pending + arguments.is_active + arguments.is_due + arguments.is_findings + arguments.is_all > 1)
        throw usage_trouble("`stint list` shows one of --mine, --pending, --active, --due, --findings and --all at a time.");
    return std::nullopt;
}

void declare_nothing(CLI::App&, Arguments&) {}

void declare_id(CLI::App& app, Arguments& arguments) {
    add_number(app, arguments.id, "ID", "the request's number")->required();
}

void declare_request(CLI::App& app, Arguments& arguments) {
    declare_ask(app, arguments);
    declare_wait(app, arguments);
    app.add_flag("-n,--dry-run", arguments.is_dry_run, "have it judged, file nothing");
}

void declare_run(CLI::App& app, Arguments& arguments) {
    declare_ask(app, arguments);
    add_duration(app, arguments.wait_timeout, "--wait-timeout", "give up waiting for the right after so long; exit 124");
    app.add_flag("--kill-on-expiry", arguments.must_kill_on_expiry, "send SIGTERM to the command when the grant ends before it");
}

void declare_break_glass(CLI::App& app, Arguments& arguments) {
    add_text(app, arguments.entitlement, "ENTITLEMENT", "what to open", "")->required();
    add_text(app, arguments.reason, "-r,--reason", reason_help, "REASON")->required();
    add_text(app, arguments.ticket, "-t,--ticket", "the ticket, if there is one already", "TICKET");
    add_duration(app, arguments.duration, "-d,--duration", "how long");
    add_text(app, arguments.confirm, "--confirm", "the entitlement's name again, instead of typing it when asked", "ENTITLEMENT");
    declare_wait(app, arguments);
}

void declare_list(CLI::App& app, Arguments& arguments) {
    const auto add = [&app](const char* name, bool& to, const char* help) { app.add_flag(name, to, help)->group("One of"); };
    add("--mine", arguments.is_mine, "what you asked for (the default)");
    add("--pending", arguments.is_pending, "what waits for a decision");
    add("--active", arguments.is_active, "what is lent now");
    add("--due", arguments.is_due, "break-glass whose review is due");
    add("--findings", arguments.is_findings, "what the broker saw and cannot approve of");
    add("--all", arguments.is_all, "all that you may see");
    add_number(app, arguments.before, "--before", "page on: only requests with a smaller number");
    add_number(app, arguments.limit, "--limit", "at most so many");
}

void declare_watch(CLI::App& app, Arguments& arguments) {
    add_number(app, arguments.id, "ID", "one request, until it has ended; without it, all that you may see, for ever");
}

void declare_approve(CLI::App& app, Arguments& arguments) {
    declare_id(app, arguments);
    add_text(app, arguments.reason, "-r,--comment", "a comment", "COMMENT");
    add_duration(app, arguments.duration, "-d,--duration", "approve a shorter time than was asked for");
}

void declare_deny(CLI::App& app, Arguments& arguments) {
    declare_id(app, arguments);
    add_text(app, arguments.reason, "-r,--comment", reason_help, "COMMENT")->required();
}

void declare_extend(CLI::App& app, Arguments& arguments) {
    declare_id(app, arguments);
    add_duration(app, arguments.duration, "-d,--duration", "how much longer")->required();
    add_text(app, arguments.reason, "-r,--reason", reason_help, "REASON")->required();
    declare_wait(app, arguments);
}

void declare_release(CLI::App& app, Arguments& arguments) {
    declare_id(app, arguments);
    add_text(app, arguments.resolution, "--resolution", "what was done");
}

void declare_revoke(CLI::App& app, Arguments& arguments) {
    declare_id(app, arguments);
    add_text(app, arguments.reason, "-r,--reason", reason_help, "REASON")->required();
}

void declare_review(CLI::App& app, Arguments& arguments) {
    declare_id(app, arguments);
    add_choice(app, arguments.verdict, "--verdict", "your judgement", {"justified", "unjustified"})->required();
    add_text(app, arguments.reason, "-r,--comment", reason_help, "COMMENT")->required();
    add_text(app, arguments.incident, "--incident", "the incident it became part of", "REF");
}

void declare_search(CLI::App& app, Arguments& arguments) {
    add_time(app, arguments.since, "--since", "from then on: RFC 3339, HH:MM (the last one), -2h");
    add_time(app, arguments.until, "--until", "until then");
    add_text(app, arguments.type, "--type", "the kind of event, such as request.approved", "TYPE");
    add_text(app, arguments.person, "--person", "who did it, or whom it was done to", "LOGIN");
    add_text(app, arguments.ticket, "-t,--ticket", "on this ticket", "TICKET");
    add_text(app, arguments.entitlement, "--entitlement", "of this entitlement", "NAME");
    add_text(app, arguments.origin, "--origin", "from where", "ORIGIN");
    add_number(app, arguments.of_request, "--request", "of this request");
    add_number(app, arguments.before, "--before", "page on: only events with a smaller number");
    add_number(app, arguments.limit, "--limit", "at most so many, 100 if not given");
}

void declare_completion(CLI::App& app, Arguments& arguments) {
    add_choice(app, arguments.shell, "SHELL", "bash, zsh or fish", {"bash", "zsh", "fish"})->required();
}

void declare_seq(CLI::App& app, Arguments& arguments) {
    add_number(app, arguments.seq, "SEQ", "the event's number")->required();
}

}  // namespace stint::cli
