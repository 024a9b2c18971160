// Start in the order in which trust is built: store, plugins, what is due, policy, the door last. End in the reverse.
#include "daemon.hpp"

#include "app/app.hpp"
#include "directory_snapshot.hpp"
#include "http/door.hpp"
#include "log/log.hpp"
#include "plugins.hpp"
#include "real_clock.hpp"
#include "salts.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <systemd/sd-daemon.h>

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <random>

namespace stint {

namespace {

namespace asio = boost::asio;

void tell(log::Level level, const char* what, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) log::write(level, what, {{"what", line}});
}

AppSettings app_settings(const Config& config) {
    AppSettings settings;
    settings.settle = config.directory_times.settle;
    settings.may_act_as = config.listen.act_as;
    auto generator = std::make_shared<std::mt19937_64>(std::random_device{}());
    settings.jitter = [generator] { return std::uniform_real_distribution<double>(0.0, 1.0)(*generator); };
    return settings;
}

/// What a broken world is to whoever asks. Why it is broken is for the log.
std::optional<Refusal> explain(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const StoreFault& fault) {
        log::alarm("store_unavailable", {{"why", fault.what()}});
        return Refusal{RefusalCode::store_unavailable, {}};
    } catch (const Fault& fault) {
        log::warning("directory_unreachable", {{"why", fault.what()}});
        return Refusal{RefusalCode::directory_unreachable, {}};
    } catch (...) {
        return std::nullopt;
    }
}

/// Raises the soft limit on descriptors as far as it may be, within reason, and says how many connections that leaves
/// room for beside the store, the plugins' pipes and those who are turned away.
int connections_to_take() {
    constexpr rlim_t enough = 8192, others = 256, fewest = 64;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return DoorSettings{}.connections;
    const rlim_t wanted = std::min(enough, limit.rlim_max);
    if (limit.rlim_cur < wanted) {
        const rlimit raised{wanted, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit.rlim_cur = wanted;
    }
    const rlim_t there = std::min(enough, limit.rlim_cur);
    return static_cast<int>(there > others + fewest ? there - others : fewest);
}

DoorSettings door_settings(const Config& config) {
    DoorSettings settings;
    settings.socket = config.listen.socket;
    settings.may_act_as = config.listen.act_as;
    settings.connections = connections_to_take();
    settings.connections_per_uid = config.listen.connections_per_uid;
    settings.requests_per_minute = config.listen.requests_per_minute;
    settings.explain = explain;
    return settings;
}

class Daemon {
public:
    Daemon(asio::io_context& io, std::filesystem::path file, Config config)
        : io_(io), file_(std::move(file)), config_(std::move(config)), clock_(io.get_executor()),
          store_(config_.store.path, system_salts()), broker_(io.get_executor(), store_, clock_, Threading::store_thread),
          plugins_(start_plugins(io.get_executor(), config_)),
          world_{io.get_executor(), clock_, broker_, *plugins_.directory, plugins_.tickets.get(), notifiers(), app_settings(config_),
                 std::make_shared<const Policy>()},
          app_(world_), door_(io.get_executor(), app_.service(), door_settings(config_)), signals_(io, SIGTERM, SIGINT, SIGHUP) {}

    asio::awaitable<int> run(Policy policy, std::shared_ptr<const PolicySource> source) {
        const bool may_run = co_await may_run_with_its_plugins();
        if (!may_run) co_return 1;
        co_await app_.start(STINT_VERSION);
        const bool may_stay = co_await put_in_force(std::move(policy), std::move(source), true);
        if (!may_stay) co_return 1;
        door_.open();
        app_.door_opened();
        log::info("listening", {{"socket", config_.listen.socket.string()}});
        sd_notify(0, "READY=1");
        asio::co_spawn(io_, watchdog(), asio::detached);
        co_await until_told_to_stop();
        sd_notify(0, "STOPPING=1");
        log::info("stopping");
        co_await app_.drain();
        co_await door_.drain();
        co_await plugins_.shutdown();
        broker_.stop();
        store_.checkpoint();  // nothing is torn down after this (run_daemon)
        co_return 0;
    }

private:
    std::vector<Notifier*> notifiers() const {
        std::vector<Notifier*> channels;
        for (const auto& notifier : plugins_.notifiers) channels.push_back(notifier.get());
        return channels;
    }

    asio::awaitable<bool> is_something_lent() {
        auto job = [](Transaction& transaction) { return transaction.store().counts().open_grants > 0 ||
                                                         !transaction.store().unsettled_memberships(MembershipId{}, 1).empty(); };
        const bool is_lent = co_await broker_.look(job);
        co_return is_lent;
    }

    /// A plugin that was refused is a reason not to start; but while something is lent only the directory's is, since
    /// without it nothing can be taken back, and with it everything can.
    asio::awaitable<bool> may_run_with_its_plugins() {
        const auto troubles = co_await plugins_.troubles_at_start();
        bool is_refused = false, is_directory_refused = false;
        for (const Plugins::Trouble& trouble : troubles) {
            if (!trouble.is_final) continue;
            log::error("plugin_refused", {{"what", trouble.why}});
            is_refused = true;
            is_directory_refused = is_directory_refused || trouble.is_directory;
        }
        if (!is_refused) co_return true;
        if (is_directory_refused) co_return false;
        const bool is_lent = co_await is_something_lent();
        if (!is_lent) co_return false;
        log::alarm("runs_without_a_plugin", {{"why", "it was refused, and grants that stand must be taken back on time"}});
        co_return true;
    }

    /// What only the directory can tell about a policy; nullopt when it cannot be asked now.
    asio::awaitable<std::optional<Faults>> faults_by_directory(const Policy& policy, std::shared_ptr<const PolicySource> source) {
        try {
            const DirectorySnapshot seen = co_await snapshot(plugins_.directory.get(), &policy);
            Faults faults;
            check_satisfiable(policy, seen, faults, *source);
            tell(log::Level::warning, "policy_warning", faults.warnings);
            tell(log::Level::error, "policy_error", faults.errors);
            co_return faults;
        } catch (const Fault& fault) {
            log::write(log::Level::debug, "directory_not_asked", {{"why", fault.what()}});
            co_return std::nullopt;
        }
    }

    /// Holds the policy in force against the directory as soon as that answers, unless another policy comes first. One
    /// that has errors goes out of force: nothing can be asked for until a good one is loaded.
    asio::awaitable<void> hold_against_directory_later(std::shared_ptr<const Policy> policy, std::shared_ptr<const PolicySource> source) {
        while (world_.policy == policy) {
            co_await clock_.sleep_for(std::chrono::seconds(1));
            const std::optional<Faults> faults = co_await faults_by_directory(*policy, source);
            if (!faults) continue;
            if (world_.policy != policy) co_return;
            if (!faults->has_errors()) {
                log::info("policy_held_against_directory", {{"sha256", policy->hash.value}});
                co_return;
            }
            log::alarm("nothing_is_lent", {{"why", "the policy has errors that only the directory could show; it is out of force"}});
            Policy none;
            co_await app_.put_in_force(std::move(none));
        }
    }

    /// False only at a start with nothing lent: then a policy nobody could satisfy is a reason not to start. Otherwise
    /// the rule is that removals go on: nothing can be asked for until a good policy is loaded.
    asio::awaitable<bool> put_in_force(Policy policy, std::shared_ptr<const PolicySource> source, bool is_start) {
        const std::optional<Faults> faults = co_await faults_by_directory(policy, source);
        if (!faults || !faults->has_errors()) {
            co_await app_.put_in_force(std::move(policy));
            log::info("policy_in_force", {{"sha256", world_.policy->hash.value}});
            if (!faults) {
                log::warning("policy_not_held_against_directory", {{"why", "the directory does not answer; this is done as soon as it does"}});
                spawn(world_, "hold_against_directory", hold_against_directory_later(world_.policy, source));
            }
            co_return true;
        }
        if (!is_start) {
            log::error("policy_kept", {{"why", "the new one has errors; the old one stays in force"}});
            co_return true;
        }
        const bool has_grants = co_await is_something_lent();
        if (has_grants) log::alarm("nothing_is_lent", {{"why", "the policy has errors; grants that stand are taken back on time"}});
        co_return has_grants;
    }

    asio::awaitable<void> reload() {
        Faults faults;
        Loaded loaded = load_all(file_, faults);
        // The new policy would be judged by plugins that are not the ones that run.
        for (const std::string& table : tables_for_restart(config_, loaded.config)) {
            faults.errors.push_back(file_.string() + ": " + table + " differs from what runs, which needs a restart (systemctl restart stintd)");
        }
        tell(log::Level::warning, "policy_warning", faults.warnings);
        if (faults.has_errors()) {
            tell(log::Level::error, "policy_error", faults.errors);
            log::error("policy_kept", {{"why", "the new one has errors; the old one stays in force"}});
        } else {
            auto source = std::make_shared<const PolicySource>(std::move(loaded.source));
            co_await put_in_force(std::move(loaded.policy), std::move(source), false);
        }
    }

    asio::awaitable<void> until_told_to_stop() {
        for (;;) {
            boost::system::error_code error;
            const int signal = co_await signals_.async_wait(asio::redirect_error(asio::use_awaitable, error));
            if (error || signal != SIGHUP) co_return;
            sd_notify(0, "RELOADING=1");
            try {
                co_await reload();
            } catch (const std::exception& exception) {
                log::error("reload_failed", {{"why", exception.what()}});
            }
            sd_notify(0, "READY=1");  // however it went: it runs on
        }
    }

    /// Tells systemd that both threads are alive, twice in each period.
    asio::awaitable<void> watchdog() {
        std::uint64_t period_us = 0;
        if (sd_watchdog_enabled(0, &period_us) <= 0) co_return;
        for (;;) {
            auto job = [](Transaction&) { return true; };
            co_await broker_.look(job);
            sd_notify(0, "WATCHDOG=1");
            co_await clock_.sleep_for(std::chrono::microseconds(period_us / 2));
        }
    }

    asio::io_context& io_;
    std::filesystem::path file_;
    Config config_;
    RealClock clock_;
    Store store_;
    Broker broker_;
    Plugins plugins_;
    World world_;
    App app_;
    Door door_;
    asio::signal_set signals_;
};

}  // namespace

int run_daemon(const std::filesystem::path& config_file, Loaded loaded) {
    auto io = std::make_unique<asio::io_context>(1);
    std::unique_ptr<Daemon> daemon;
    int status = 1;
    try {
        daemon = std::make_unique<Daemon>(*io, config_file, std::move(loaded.config));
        auto source = std::make_shared<const PolicySource>(std::move(loaded.source));
        asio::co_spawn(*io, daemon->run(std::move(loaded.policy), std::move(source)), [&](std::exception_ptr error, int result) {
            try {
                if (error) std::rethrow_exception(error);
                status = result;
            } catch (const std::exception& exception) {
                log::error("broker_failed", {{"why", exception.what()}});
            }
            io->stop();
        });
        io->run();
    } catch (const std::exception& exception) {
        log::error("broker_failed", {{"why", exception.what()}});
        status = 1;
    }
    // Coroutines that still wait refer to the daemon's parts: nothing is torn down under them.
    std::_Exit(status);
}

}  // namespace stint
