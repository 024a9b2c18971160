// argv → Config → Daemon.
#include "check.hpp"
#include "config/config.hpp"
#include "daemon.hpp"
#include "log/log.hpp"

#include <CLI/CLI.hpp>

#include <sys/stat.h>

#include <cstdio>
#include <string>

namespace {

constexpr const char* default_config = "/etc/stint/stintd.toml";

stint::log::Level level_of(const std::string& name) {
    if (name == "debug") return stint::log::Level::debug;
    if (name == "warning") return stint::log::Level::warning;
    if (name == "error") return stint::log::Level::error;
    return stint::log::Level::info;
}

int not_there_yet(const char* verb) {
    std::fprintf(stderr, "stintd %s: this is not there yet in this version\n", verb);
    return 2;
}

int run(const std::string& file) {
    stint::Faults faults;
    stint::Loaded loaded = stint::load_all(file, faults);
    for (const std::string& warning : faults.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
    for (const std::string& error : faults.errors) std::fprintf(stderr, "error: %s\n", error.c_str());
    if (faults.has_errors()) {
        std::fprintf(stderr, "stintd: not started; `stintd check --config %s` tells the same\n", file.c_str());
        return 1;
    }
    stint::log::start(level_of(loaded.config.log.level));
    return stint::run_daemon(file, std::move(loaded));
}

}  // namespace

int main(int argc, char** argv) {
    umask(0077);
    CLI::App app("stintd: lends directory rights for a ticket's time, and takes them back");
    std::string config = default_config;
    bool is_showing_options = false;
    stint::CheckOptions check;
    app.add_option("--config", config, "the configuration file")->capture_default_str();
    app.add_flag("--help-config", is_showing_options, "every option of the configuration file, explained");
    app.set_version_flag("--version", std::string("stintd ") + STINT_VERSION);
    app.fallthrough();
    auto* checking = app.add_subcommand("check", "tell everything that is wrong with configuration, policy and directory");
    checking->add_flag("--replay", check.is_replay, "rebuild the records from the log and compare");
    checking->add_flag("--offline", check.is_offline, "start no plugin, ask no directory");
    auto* doctor = app.add_subcommand("doctor", "not there yet");
    auto* backup = app.add_subcommand("backup", "not there yet");
    auto* restore = app.add_subcommand("restore", "not there yet");
    app.require_subcommand(0, 1);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return status == 0 ? 0 : 2;
    }
    if (is_showing_options) {
        std::fputs(stint::describe_options().c_str(), stdout);
        return 0;
    }
    check.config = config;
    if (checking->parsed()) return stint::run_check(check);
    if (doctor->parsed()) return not_there_yet("doctor");
    if (backup->parsed()) return not_there_yet("backup");
    if (restore->parsed()) return not_there_yet("restore");
    return run(config);
}
