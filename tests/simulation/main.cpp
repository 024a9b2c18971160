// simulate --seeds N [--first SEED]: one line for each seed that fails, which replays it; a tally at the end.
#include "hospital.hpp"
#include "trace.hpp"

#include "log/log.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>

using namespace stint::simulation;

namespace {

std::filesystem::path scratch_folder() {
    const char* const roomy = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    std::string pattern = std::string(roomy) + "/stint-simulation-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder in " + std::string(roomy));
    return pattern;
}

/// "" when the seed passed, else the broken invariant.
std::string run_seed(std::uint64_t seed, Tally& total) {
    const auto folder = scratch_folder();
    std::string broken;
    try {
        Hospital hospital(seed, folder);
        const Tally tally = hospital.run();
        total.steps += tally.steps;
        total.asked += tally.asked;
        total.answered += tally.answered;
        total.grants += tally.grants;
        total.crashes += tally.crashes;
        total.disk_failures += tally.disk_failures;
        total.messages += tally.messages;
        total.simulated_s += tally.simulated_s;
    } catch (const std::exception& exception) {
        broken = exception.what();
    }
    std::filesystem::remove_all(folder);
    return broken;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t seeds = 100;
    std::uint64_t first = 1;
    bool is_loud = false, ends_with_first = false;
    CLI::App app("runs the whole broker against a made-up world, one seed a run");
    app.add_option("--seeds", seeds, "how many seeds")->capture_default_str();
    app.add_option("--first", first, "the first seed")->capture_default_str();
    app.add_flag("--first-only", ends_with_first, "end with the first seed that fails");
    app.add_flag("--log", is_loud, "the broker's log too, and what happens in the world");
    CLI11_PARSE(app, argc, argv);
    if (!is_loud && std::freopen("/dev/null", "w", stderr) == nullptr) return 2;
    stint::log::start(is_loud ? stint::log::Level::debug : stint::log::Level::alarm);
    is_traced = is_loud;
    Tally total;
    std::uint64_t failed = 0;
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t seed = first; seed < first + seeds && !(ends_with_first && failed > 0); ++seed) {
        const std::string broken = run_seed(seed, total);
        if (broken.empty()) continue;
        ++failed;
        std::printf("seed %llu: %s\n  replay: simulate --seeds 1 --first %llu\n", static_cast<unsigned long long>(seed), broken.c_str(),
                    static_cast<unsigned long long>(seed));
        std::fflush(stdout);
    }
    const double real_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const auto count = [](auto number) { return static_cast<long long>(number); };
    std::printf("%lld seeds, %lld failed; %lld asks, %lld answered, %lld grants, %lld crashes, %lld failures of the disk, %lld messages; "
                "%lld simulated seconds, %.0f times real time\n",
                count(seeds), count(failed), count(total.asked), count(total.answered), count(total.grants), count(total.crashes),
                count(total.disk_failures), count(total.messages), count(total.simulated_s), static_cast<double>(total.simulated_s) / std::max(real_s, 0.001));
    return failed == 0 ? 0 : 1;
}
