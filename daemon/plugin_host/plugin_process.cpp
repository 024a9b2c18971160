// The supervisor of one plugin; see the header. A Keeper is shared by the handle and by the coroutine that runs the
// plugin's lives one after another; when the handle goes, the coroutine ends at its next step.
#include "plugin_host/plugin_process.hpp"

#include "log/log.hpp"
#include "plugin_host/backoff.hpp"
#include "plugin_host/decode.hpp"
#include "plugin_host/life.hpp"
#include "ports/fault.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <signal.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <system_error>
#include <utility>

namespace stint {
namespace asio = boost::asio;
using plugin_host::Connection;
using plugin_host::Impact;
using plugin_host::Life;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// A life that did not come up. `is_final` counts only for a plugin that never was up.
struct Trouble {
    std::string why;
    bool is_final = false;
};

bool is_about_the_program(const std::error_code& code) {
    return code == std::errc::no_such_file_or_directory || code == std::errc::permission_denied ||
           code == std::errc::executable_format_error || code == std::errc::not_a_directory || code == std::errc::is_a_directory ||
           code == std::errc::filename_too_long;
}

std::optional<Trouble> fault_in(const plugin_host::Identity& identity, const PluginSpec& spec) {
    if (identity.protocol != plugin_host::protocol_version)
        return Trouble{"it speaks protocol " + std::to_string(identity.protocol) + ", and the broker speaks " +
                           std::to_string(plugin_host::protocol_version) + "; install the one that belongs to this broker", true};
    if (identity.kind != spec.kind)
        return Trouble{"it is " + log::escaped(identity.name) + ", of kind \"" + log::escaped(identity.kind) + "\", where \"" + spec.kind +
                           "\" is needed; name another plugin in the configuration", true};
    return std::nullopt;
}

Trouble trouble_from(const wire::RpcError& error) {
    const FaultKind kind = plugin_host::fault_from(error, Impact::read, "").kind();
    const bool may_pass = is_not_sent(kind);
    std::string why = "it refused `initialize`: " + log::escaped(error.message);
    if (!error.detail.empty() && error.message.find(error.detail) == std::string::npos) why += " (" + log::escaped(error.detail) + ")";
    return {std::move(why), !may_pass};
}

void ignore_sigpipe() {
    struct sigaction now {};
    if (::sigaction(SIGPIPE, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) return;
    now.sa_handler = SIG_IGN;
    static_cast<void>(::sigaction(SIGPIPE, &now, nullptr));
}

}  // namespace

struct PluginProcess::Keeper : std::enable_shared_from_this<PluginProcess::Keeper> {
    enum class State { starting, up, down, refused, stopped };

    Keeper(asio::any_io_executor io, PluginSpec wanted)
        : executor(std::move(io)),
          spec(std::make_shared<const PluginSpec>(std::move(wanted))),
          pause(executor),
          backoff(spec->restart_delay_min, spec->restart_delay_max) {}

    asio::any_io_executor executor;
    std::shared_ptr<const PluginSpec> spec;
    asio::steady_timer pause;                ///< between two lives
    plugin_host::Backoff backoff;
    std::mt19937 chance{std::random_device{}()};
    std::set<asio::steady_timer*> watchers;  ///< who waits for a change of `state`; each is on its owner's frame
    std::shared_ptr<Life> life;              ///< from the start of one to its end
    plugin_host::Identity identity;
    Notified notified;
    State state = State::starting;
    std::string trouble = "it is being started";
    bool was_ever_up = false, is_stopping = false;

    static asio::awaitable<void> keep(std::shared_ptr<Keeper> self);
    static asio::awaitable<Trouble> live(std::shared_ptr<Keeper> self);
    static asio::awaitable<std::optional<Trouble>> greet(std::shared_ptr<Keeper> self, std::shared_ptr<Connection> connection);
    static asio::awaitable<void> say_goodbye(std::shared_ptr<Keeper> self, std::shared_ptr<Life> ending);
    static asio::awaitable<void> watch(std::shared_ptr<Keeper> self, steady_clock::time_point deadline);
    static asio::awaitable<void> ready(std::shared_ptr<Keeper> self, milliseconds patience);
    static asio::awaitable<boost::json::object> call(std::shared_ptr<Keeper> self, std::string method, boost::json::object params, Impact impact);
    static asio::awaitable<void> shutdown(std::shared_ptr<Keeper> self);
    void become(State next);
    void stop();
    void hear(const std::string& method, const boost::json::object& params) const;
    [[nodiscard]] std::string subject() const;
};

std::string PluginProcess::Keeper::subject() const {
    const std::string where = spec->socket.empty() ? spec->program.string() : spec->socket.string();
    return "plugin " + spec->name + " (" + log::escaped(where) + ")";
}

void PluginProcess::Keeper::become(State next) {
    state = next;
    for (asio::steady_timer* watcher : watchers) watcher->cancel();
}

void PluginProcess::Keeper::stop() {
    is_stopping = true;
    pause.cancel();
    if (!life) return;
    if (state != State::up) life->connection()->end("it is being stopped");
    life->wake();
}

void PluginProcess::Keeper::hear(const std::string& method, const boost::json::object& params) const {
    const Notified handler = notified;
    if (handler && state == State::up) handler(method, params);
}

// Waits until somebody says that `state` has changed, or the deadline has passed, or less: the caller looks again.
asio::awaitable<void> PluginProcess::Keeper::watch(std::shared_ptr<Keeper> self, steady_clock::time_point deadline) {
    struct Watching {
        Keeper& keeper;
        asio::steady_timer timer;
        ~Watching() { keeper.watchers.erase(&timer); }
    } watching{*self, asio::steady_timer(self->executor, deadline)};
    self->watchers.insert(&watching.timer);
    boost::system::error_code code;
    co_await watching.timer.async_wait(asio::redirect_error(asio::use_awaitable, code));
}

asio::awaitable<std::optional<Trouble>> PluginProcess::Keeper::greet(std::shared_ptr<Keeper> self, std::shared_ptr<Connection> connection) {
    boost::json::object params;
    params["protocol"] = plugin_host::protocol_version;
    params["kind"] = self->spec->kind;
    params["settings"] = self->spec->settings;
    try {
        std::string method = "initialize";  // named, not temporary: GCC 12 destroys those twice across a co_await
        const plugin_host::Outcome outcome =
            co_await Connection::call(connection, std::move(method), std::move(params), Impact::read, self->spec->initialize_timeout);
        if (const auto* error = std::get_if<wire::RpcError>(&outcome)) co_return trouble_from(*error);
        self->identity = plugin_host::identity_from(std::get<boost::json::object>(outcome));
        co_return fault_in(self->identity, *self->spec);
    } catch (const Fault& fault) {
        const bool is_final = fault.kind() == FaultKind::broken || fault.kind() == FaultKind::refused || connection->was_nonsense();
        if (fault.kind() == FaultKind::broken) co_return Trouble{std::string("its answer to `initialize` is not a plugin's: ") + fault.what(), is_final};
        if (connection->has_ended()) co_return Trouble{"", is_final};  // why is told by its end
        co_return Trouble{fault.what(), is_final};
    }
}

// One life, from start to end; why it ended.
asio::awaitable<Trouble> PluginProcess::Keeper::live(std::shared_ptr<Keeper> self) {
    std::shared_ptr<Life> life;
    try {
        life = Life::begin(self->executor, self->spec);
    } catch (const std::system_error& error) {
        co_return Trouble{error.what(), self->spec->socket.empty() && is_about_the_program(error.code())};
    } catch (const std::exception& error) {  // Asio's, or no memory: may pass
        co_return Trouble{error.what(), false};
    }
    self->life = life;
    const std::weak_ptr<Keeper> weak = self;
    life->start([weak](const std::string& method, const boost::json::object& params) {
        if (const auto keeper = weak.lock()) keeper->hear(method, params);
    });
    std::optional<Trouble> trouble = co_await greet(self, life->connection());
    if (!trouble && !self->is_stopping) {
        log::info("plugin.up", {{"plugin", self->spec->name}, {"program", self->identity.name}, {"version", self->identity.version}, {"pid", life->pid()}});
        const auto since = steady_clock::now();
        self->was_ever_up = true;
        self->become(State::up);
        while (!life->has_ended() && !self->is_stopping) co_await Life::ended(life, std::chrono::hours(24));
        if (steady_clock::now() - since >= self->spec->steady_after) self->backoff.reset();
        if (self->is_stopping && !life->has_ended()) co_await say_goodbye(self, life);
        self->trouble = "it has just ended";
        self->state = State::down;
    }
    const std::string ending = co_await Life::conclude(life);
    self->life.reset();
    if (!trouble) trouble = Trouble{};
    if (trouble->why.empty()) trouble->why = ending;
    co_return std::move(*trouble);
}

asio::awaitable<void> PluginProcess::Keeper::say_goodbye(std::shared_ptr<Keeper> self, std::shared_ptr<Life> ending) {
    const auto deadline = steady_clock::now() + self->spec->shutdown_patience;
    std::string method = "shutdown";
    boost::json::object nothing;
    try {
        const plugin_host::Outcome ignored = co_await Connection::call(ending->connection(), std::move(method), std::move(nothing),
                                                                       Impact::read, self->spec->shutdown_patience);
        static_cast<void>(ignored);
    } catch (const Fault&) {  // it does not listen any more: the next means are not words
        if (ending->has_ended()) co_return;
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    co_await Life::ask_to_end(ending, std::max(left, milliseconds(0)), self->spec->term_patience);
}

asio::awaitable<void> PluginProcess::Keeper::keep(std::shared_ptr<Keeper> self) {
    while (!self->is_stopping) {
        Trouble trouble = co_await live(self);
        if (self->is_stopping) break;
        self->trouble = trouble.why;
        if (trouble.is_final && !self->was_ever_up) {
            log::error("plugin.refused", {{"plugin", self->spec->name}, {"why", self->trouble}});
            self->become(State::refused);
            co_return;
        }
        const milliseconds delay = self->backoff.next(std::uniform_real_distribution<double>(0.0, 1.0)(self->chance));
        log::error("plugin.down", {{"plugin", self->spec->name}, {"why", self->trouble}, {"restart_in_ms", static_cast<std::int64_t>(delay.count())}});
        self->become(State::down);
        self->pause.expires_after(delay);
        boost::system::error_code code;
        co_await self->pause.async_wait(asio::redirect_error(asio::use_awaitable, code));
    }
    log::info("plugin.stopped", {{"plugin", self->spec->name}});
    self->trouble = "it was stopped";
    self->become(State::stopped);
}

asio::awaitable<void> PluginProcess::Keeper::ready(std::shared_ptr<Keeper> self, milliseconds patience) {
    const auto deadline = steady_clock::now() + patience;
    for (;;) {
        switch (self->state) {
            case State::up: co_return;
            case State::refused: throw PluginNotReady(self->subject() + " cannot be used: " + self->trouble, true);
            case State::stopped: throw PluginNotReady(self->subject() + " was stopped", true);
            case State::starting:
            case State::down: break;
        }
        if (steady_clock::now() >= deadline)
            throw PluginNotReady(self->subject() + " is not ready after " + std::to_string(patience.count()) + " ms: " + self->trouble, false);
        co_await watch(self, deadline);
    }
}

asio::awaitable<boost::json::object> PluginProcess::Keeper::call(std::shared_ptr<Keeper> self, std::string method,
                                                                 boost::json::object params, Impact impact) {
    if (self->state != State::up || self->is_stopping)
        throw Fault(FaultKind::unreachable, self->subject() + " is not running: " + (self->is_stopping ? "it is being stopped" : self->trouble));
    const std::string what = "plugin " + self->spec->name + " answered `" + method + "`";
    plugin_host::Outcome outcome =
        co_await Connection::call(self->life->connection(), std::move(method), std::move(params), impact, self->spec->call_timeout);
    if (const auto* error = std::get_if<wire::RpcError>(&outcome)) throw plugin_host::fault_from(*error, impact, what);
    co_return std::move(std::get<boost::json::object>(outcome));
}

asio::awaitable<void> PluginProcess::Keeper::shutdown(std::shared_ptr<Keeper> self) {
    self->stop();
    while (self->state != State::stopped && self->state != State::refused) co_await watch(self, steady_clock::now() + std::chrono::hours(1));
}

PluginProcess::PluginProcess(std::shared_ptr<Keeper> keeper) : keeper_(std::move(keeper)) {}

PluginProcess::~PluginProcess() {
    keeper_->notified = nullptr;
    if (const auto life = keeper_->life) life->kill("the broker gave it up");
    keeper_->stop();
}

asio::awaitable<void> PluginProcess::ready(milliseconds patience) { return Keeper::ready(keeper_, patience); }

bool PluginProcess::is_up() const noexcept { return keeper_->state == Keeper::State::up; }
const std::string& PluginProcess::name() const noexcept { return keeper_->spec->name; }
const std::string& PluginProcess::version() const noexcept { return keeper_->identity.version; }
std::int64_t PluginProcess::pid() const noexcept { return keeper_->life ? keeper_->life->pid() : 0; }

bool PluginProcess::has_capability(std::string_view capability) const noexcept {
    const auto& all = keeper_->identity.capabilities;
    return std::find(all.begin(), all.end(), capability) != all.end();
}

asio::awaitable<boost::json::object> PluginProcess::call(std::string method, boost::json::object params, Impact impact) {
    return Keeper::call(keeper_, std::move(method), std::move(params), impact);
}

void PluginProcess::on_notification(Notified handler) { keeper_->notified = std::move(handler); }

asio::awaitable<void> PluginProcess::shutdown() { return Keeper::shutdown(keeper_); }

std::shared_ptr<PluginProcess> start_plugin(asio::any_io_executor executor, PluginSpec spec) {
    ignore_sigpipe();
    auto keeper = std::make_shared<PluginProcess::Keeper>(executor, std::move(spec));
    asio::co_spawn(executor, PluginProcess::Keeper::keep(keeper), asio::detached);
    return std::shared_ptr<PluginProcess>(new PluginProcess(keeper));
}

}  // namespace stint
