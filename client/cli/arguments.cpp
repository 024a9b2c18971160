// The options of each verb, said to CLI11. Numbers, durations and times are read by our own strict readers: CLI11 takes
// "010" for eight. What rules forbid (a ticket that must be named, say) is the broker's affair.
#include "client/cli/arguments.hpp"

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
            if (!value) throw CLI::ValidationError(name.substr(0, name.find(',')), wrong);
            keep(*value);
        },
        help);
}

CLI::Option* add_duration(CLI::App& app, std::optional<Seconds>& to, const std::string& name, const std::string& help) {
    return add_read(app, name, help, [](const std::string& text) { return parse_duration(text); }, [&to](Seconds length) { to = length; },
                    "is no duration such as 90s, 30m or 1h30m, of one second at least")
        ->type_name("DURATION");
}

CLI::Option* add_time(CLI::App& app, std::optional<Utc>& to, const std::string& name, const std::string& help) {
    return add_read(app, name, help, [](const std::string& text) { return parse_search_time(text, utc_now()); }, [&to](Utc time) { to = time; },
                    "is no time: give RFC 3339, HH:MM, or -30m for half an hour ago")
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
    return add_read(app, name, help, read, keep, "is no number as stint gives them: 1, 2, 3 …")->type_name("NUMBER");
}

CLI::Option* add_text(CLI::App& app, std::string& to, const std::string& name, const std::string& help, const std::string& type = "TEXT") {
    return app.add_option(name, to, help)->type_name(type);
}

void declare_globals(CLI::App& app, Arguments& arguments) {
    app.add_flag("--json", arguments.is_json, "print JSON: one object, or one a line for streams and searches")->group("Everywhere");
    app.add_option("--socket", arguments.socket, "the broker's socket")->type_name("PATH")->group("Everywhere");
    app.add_option("--as", arguments.act_as, "be somebody else (demonstrations only)")->type_name("LOGIN")->group("Everywhere");
    add_read(app, "--timeout", "how long to wait for one answer of the broker", [](const std::string& text) { return parse_duration(text); },
             [&arguments](Seconds length) { arguments.timeout = length; }, "is no duration such as 30s")
        ->type_name("DURATION")
        ->group("Everywhere");
}

void declare_wait(CLI::App& app, Arguments& arguments) {
    app.add_flag("--no-wait", arguments.is_no_wait, "return at once; exit 8 while it is pending");
}

/// What a request says of itself.
void declare_ask(CLI::App& app, Arguments& arguments) {
    add_text(app, arguments.entitlement, "ENTITLEMENT", "what to ask for; `stint entitlements` lists them", "")->required();
    add_text(app, arguments.ticket, "-t,--ticket", "the ticket it is for", "TICKET");
    add_text(app, arguments.reason, "-r,--reason", reason_help)->required();
    add_text(app, arguments.impact, "--impact", "what it means for the people concerned");
    add_text(app, arguments.action, "--action", "what you are going to do");
    add_text(app, arguments.affected, "--affected", "whose account or data it is about", "NAME");
    app.add_option("--verified", arguments.verified, "how the caller's identity was verified; may be given again")
        ->type_name("METHOD")
        ->allow_extra_args(false);
    add_duration(app, arguments.duration, "-d,--duration", "how long; the entitlement's default if not given");
    add_read(app, "--start", "when it shall open, if not at once", [](const std::string& text) { return parse_start(text, utc_now()); },
             [&arguments](Utc time) { arguments.start_at = time; }, "is no time: give RFC 3339, HH:MM, or +30m")
        ->type_name("TIME");
}

/// CLI11's own words for an option it does not know leave the newcomer alone with it.
[[noreturn]] void unknown_option(const CLI::App& app, const Verb& verb, const std::string& typed) {
    std::vector<std::string> names;
    const auto take = [&names](const CLI::App& from) {
        for (const CLI::Option* option : from.get_options()) {
            for (const auto& name : option->get_lnames()) names.push_back("--" + name);
        }
    };
    take(app);
    for (const CLI::App* group : app.get_subcommands([](const CLI::App*) { return true; })) take(*group);
    const std::string name = typed.substr(0, typed.find('='));
    const std::vector<std::string_view> known(names.begin(), names.end());
    throw usage_trouble("`stint " + std::string(verb.name) + "` has no option `" + name + "`" + did_you_mean(name, known) + (nearest(name, known) ? "?" : "."),
                        "`stint " + std::string(verb.name) + " --help` tells what it takes.");
}

}  // namespace

std::optional<std::string> read_arguments(const Verb& verb, std::vector<std::string> words, Arguments& arguments) {
    CLI::App app(std::string(verb.summary), "stint " + std::string(verb.name));
    app.set_help_flag("-h,--help", "print this help")->group("Everywhere");
    declare_globals(app, arguments);
    verb.declare(app, arguments);
    if (!verb.example.empty()) app.footer("Example: " + std::string(verb.example));
    std::reverse(words.begin(), words.end());
    try {
        app.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
        return app.help();
    } catch (const CLI::ParseError& error) {
        for (const auto& word : app.remaining(true)) {
            if (word.starts_with("--") && word.size() > 2) unknown_option(app, verb, word);
        }
        throw usage_trouble(error.what(), "`stint " + std::string(verb.name) + " --help` tells what it takes.");
    }
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
    add_text(app, arguments.reason, "-r,--reason", reason_help)->required();
    add_text(app, arguments.ticket, "-t,--ticket", "the ticket, if there is one already", "TICKET");
    add_duration(app, arguments.duration, "-d,--duration", "how long");
    add_text(app, arguments.confirm, "--confirm", "the entitlement's name again, instead of typing it when asked", "ENTITLEMENT");
    declare_wait(app, arguments);
}

void declare_list(CLI::App& app, Arguments& arguments) {
    auto* which = app.add_option_group("Which (one of)");
    which->add_flag("--mine", arguments.is_mine, "what you asked for (the default)");
    which->add_flag("--pending", arguments.is_pending, "what waits for a decision");
    which->add_flag("--active", arguments.is_active, "what is lent now");
    which->add_flag("--due", arguments.is_due, "break-glass whose review is due");
    which->add_flag("--findings", arguments.is_findings, "what the broker saw and cannot approve of");
    which->add_flag("--all", arguments.is_all, "all that you may see");
    which->require_option(0, 1);
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
    add_text(app, arguments.reason, "-r,--reason", reason_help)->required();
    declare_wait(app, arguments);
}

void declare_release(CLI::App& app, Arguments& arguments) {
    declare_id(app, arguments);
    add_text(app, arguments.resolution, "--resolution", "what was done");
}

void declare_revoke(CLI::App& app, Arguments& arguments) {
    declare_id(app, arguments);
    add_text(app, arguments.reason, "-r,--reason", reason_help)->required();
}

void declare_review(CLI::App& app, Arguments& arguments) {
    declare_id(app, arguments);
    app.add_option_function<std::string>(
           "--verdict",
           [&arguments](const std::string& text) {
               if (text != "justified" && text != "unjustified") throw CLI::ValidationError("--verdict", "is `justified` or `unjustified`");
               arguments.verdict = text;
           },
           "your judgement")
        ->type_name("justified|unjustified")
        ->required();
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

void declare_seq(CLI::App& app, Arguments& arguments) {
    add_number(app, arguments.seq, "SEQ", "the event's number")->required();
}

}  // namespace stint::cli
