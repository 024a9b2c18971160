// `stint run`: an attached request that lives no longer than this process and its command. The broker sees us through
// the hold connection; when we die, however that is, it ends, and the broker takes the right away.
#include "client/cli/asking.hpp"
#include "client/cli/command.hpp"
#include "client/cli/handlers.hpp"
#include "client/cli/progress.hpp"
#include "client/cli/session.hpp"
#include "client/cli/supervise.hpp"
#include "client/cli/trouble.hpp"
#include "client/cli/waiting.hpp"
#include "client/cli/when.hpp"
#include "log/log.hpp"
#include "wire/shapes.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <optional>

namespace stint::cli {
namespace {

constexpr std::chrono::hours for_ever{24 * 366};
constexpr std::chrono::milliseconds farewell_timeout{10'000};

/// The grant while the command runs: keeps the hold, follows the events, and tells when it ends too early.
class Holding {
public:
    Holding(Session& session, SeenRequest seen) : session_(session), seen_(std::move(seen)) {}

    [[nodiscard]] SeenRequest& seen() { return seen_; }
    [[nodiscard]] bool has_ended() const { return has_ended_; }
    void open();
    [[nodiscard]] std::optional<ExitCode> wait();
    [[nodiscard]] Attention attention();
    /// Gives the right back; failing that, says so. The connection's end does the rest.
    void give_back(const std::string& resolution);
    /// Takes the request back while it waits.
    void cancel();

private:
    [[nodiscard]] std::string id() const { return std::to_string(seen_.view.id.value); }
    void turn(pid_t command);
    void follow(std::optional<EventStream>& stream);
    void note_end(pid_t command);
    void print_json();

    Session& session_;
    SeenRequest seen_;
    std::optional<EventStream> hold_, events_;
    bool has_ended_ = false, was_told_ = false;
    std::optional<Clock::time_point> ends_at_;
};

void Holding::open() {
    hold_.emplace(session_.api, target_of(seen_.view.id, "hold"));
    hold_->open();
    events_.emplace(session_.api, events_target(seen_.view.id));
}

/// The answer, or nothing when --wait-timeout came first.
std::optional<ExitCode> Holding::wait() {
    WaitOptions options;
    options.also = &*hold_;
    if (const auto limit = session_.arguments.wait_timeout) options.until = Clock::now() + *limit;
    try {
        if (!wait_for_answer(seen_, *events_, session_.terminal, options)) return std::nullopt;
    } catch (const Trouble& trouble) {
        // The hold is refused as soon as the request has ended; the event that tells why may come a moment later.
        if (trouble.status < 400 || trouble.status >= 500) throw;
        seen_ = SeenRequest(session_.api.get(target_of(seen_.view.id)));
        if (!exit_of(seen_.view)) throw;
    }
    return exit_of(seen_.view);
}

Attention Holding::attention() {
    if (hold_) hold_->be_patient(for_ever);
    if (events_) events_->be_patient(for_ever);
    if (seen_.view.expires_at) ends_at_ = Clock::now() + std::max(std::chrono::microseconds{0}, *seen_.view.expires_at - utc_now());
    Attention attention;
    attention.fds = [this] {
        return std::array{pollfd{hold_ ? hold_->fd() : -1, POLLIN, 0}, pollfd{events_ ? events_->fd() : -1, POLLIN, 0}};
    };
    attention.due = [this] {
        auto due = Clock::now() + std::chrono::hours{1};
        if (hold_) due = std::min(due, hold_->due());
        if (events_) due = std::min(due, events_->due());
        if (ends_at_ && !was_told_) due = std::min(due, *ends_at_);
        return due;
    };
    attention.turn = [this](pid_t command) { turn(command); };
    return attention;
}

void Holding::turn(pid_t command) {
    follow(hold_);
    follow(events_);
    // An extension moves the end; the event has told it. Without the broker's word our own clock has to do.
    const auto& view = seen_.view;
    if (view.expires_at) ends_at_ = Clock::now() + std::max(std::chrono::microseconds{0}, *view.expires_at - utc_now());
    const bool is_over_by_clock = view.expires_at && *view.expires_at <= utc_now();
    has_ended_ = has_ended_ || (exit_of(view) && *exit_of(view) != ExitCode::done);
    if ((has_ended_ || is_over_by_clock) && !was_told_) note_end(command);
}

void Holding::follow(std::optional<EventStream>& stream) {
    if (!stream) return;
    try {
        for (const SseEvent& event : stream->turn()) {
            auto seen = request_in(event);
            if (seen && seen->view.id == seen_.view.id) seen_ = std::move(*seen);
        }
    } catch (const Trouble&) {
        stream.reset();  // refused: the grant is not ours any more, or its end is known
    } catch (const std::invalid_argument&) {
        stream.reset();
    }
}

void Holding::note_end(pid_t command) {
    was_told_ = true;
    const std::string why = seen_.view.close_reason.empty() ? "expired" : seen_.view.close_reason;
    const bool must_kill = session_.arguments.must_kill_on_expiry;
    session_.terminal.message("\a" + session_.terminal.loud("stint: GRANT " + id() + " HAS ENDED") + " (" + log::escaped(why) + ") while the command still runs. " +
                              (must_kill ? "It is sent SIGTERM.\n" : "It goes on WITHOUT " + log::escaped(seen_.view.entitlement) + ".\n"));
    if (!must_kill) return;
    ::kill(command, SIGTERM);
    ::kill(command, SIGCONT);
}

void Holding::give_back(const std::string& resolution) {
    try {
        if (!has_ended_) {
            const Api hurried = session_.api.within(farewell_timeout);
            seen_ = SeenRequest(hurried.post(target_of(seen_.view.id, "release"), wire::to_json(Release{resolution}), Repeat::once));
        }
    } catch (const Trouble& trouble) {
        const bool is_over_already = trouble.code == "grant_not_open" || trouble.code == "request_ended";
        if (!is_over_already)
            session_.terminal.message("stint: Request " + id() + " could not be given back: " + log::escaped(trouble.what_is_wrong) +
                                      "\n  The broker takes it back by itself now that this connection ends.\n");
    } catch (const std::invalid_argument&) {
        // Given back, but told in a shape of another version: nothing to do about it here.
    }
    if (session_.output.is_json()) print_json();
}

void Holding::cancel() {
    try {
        seen_ = SeenRequest(session_.api.within(farewell_timeout).post(target_of(seen_.view.id, "cancel"), {}, Repeat::once));
    } catch (const Trouble&) {
        // The hold's end cancels it as well.
    } catch (const std::invalid_argument&) {
    }
}

/// Standard output belongs to the command.
void Holding::print_json() { session_.terminal.message(json_line(seen_.json)); }

std::string resolution_of(int status) {
    if (WIFSIGNALED(status)) return "command ended by signal " + std::to_string(WTERMSIG(status));
    return "command ended with status " + std::to_string(WEXITSTATUS(status));
}

/// The answer was no, or none.
ExitCode without_right(Session& session, const SeenRequest& seen, ExitCode answer) {
    const std::string id = std::to_string(seen.view.id.value);
    session.terminal.message("stint: " + outcome_of(seen.view, utc_now()) + " The command was not run.\n  do:   stint show " + id + " tells the whole story.\n");
    return exit_of_run(answer);
}

ExitCode execute(Session& session, Holding& holding, const std::string& path) {
    const RequestView& view = holding.seen().view;
    Supervisor supervisor;
    int status = 0;
    try {
        const std::string expires = view.expires_at ? to_rfc3339(*view.expires_at) : "";
        const pid_t command = start_command(path, session.arguments.command, {{"STINT_GRANT_ID", std::to_string(view.id.value)}, {"STINT_EXPIRES_AT", expires}});
        status = supervisor.run(command, holding.attention());
    } catch (const Trouble&) {
        holding.give_back("command could not be executed");
        throw;
    }
    holding.give_back(resolution_of(status));
    if (WIFSIGNALED(status)) die_of(WTERMSIG(status));
    return static_cast<ExitCode>(WEXITSTATUS(status));
}

}  // namespace

ExitCode run(Session& session) {
    const Arguments& arguments = session.arguments;
    if (arguments.command.empty()) throw usage_trouble("The command is missing.", "Put it behind two dashes: stint run ENTITLEMENT -t TICKET -r REASON -- COMMAND");
    const std::string path = find_command(arguments.command.front());
    FileRequest command = file_request_of(arguments);
    command.is_attached = true;
    Holding holding(session, SeenRequest(ask_for(session, "/v1/requests", wire::to_json(command))));
    const std::string id = std::to_string(holding.seen().view.id.value);
    try {
        holding.open();
        const auto answer = holding.wait();
        if (!answer) {
            holding.cancel();
            throw Trouble(ExitCode::run_timeout, "waited_too_long", "Request " + id + " got no answer within " + to_text(*arguments.wait_timeout) + "; it was taken back.",
                          "The command was not run.");
        }
        if (*answer != ExitCode::done) return without_right(session, holding.seen(), *answer);
    } catch (const Interrupted&) {
        holding.cancel();
        session.terminal.message("stint: Interrupted; request " + id + " was taken back and the command was not run.\n");
        return ExitCode::interrupted;
    }
    return execute(session, holding, path);
}

}  // namespace stint::cli
