// The wall time of `stint whoami`, whole process, against `sudo -n true`.
#include "tests/bench/broker.hpp"
#include "tests/bench/figures.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace stint::bench {
namespace {

constexpr int samples = 40;

double run(const char* program, std::vector<const char*> arguments, uid_t uid) {
    arguments.insert(arguments.begin(), program);
    arguments.push_back(nullptr);
    const auto begin = Clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        if (uid != 0 && ::setuid(uid) != 0) ::_exit(126);
        ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), 1);
        ::execv(program, const_cast<char* const*>(arguments.data()));
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    const double took = seconds_since(begin);
    if (child < 0 || status != 0) throw std::runtime_error(std::string(program) + " did not end well");
    return took;
}

void measure() {
    Broker broker(Size{.people = 200, .entitlements = 40});
    broker.start();
    ::setenv("STINT_SOCKET", broker.socket().c_str(), 1);
    // A copy, because everybody can come to it.
    const std::string program = broker.client_for_everybody();
    std::vector<double> ratios;
    for (int round = -1; round < pairs; ++round) {
        std::vector<double> ours, theirs;
        for (int i = 0; i < samples; ++i) {
            theirs.push_back(run("/usr/bin/sudo", {"-n", "true"}, 0));
            ours.push_back(run(program.c_str(), {"whoami"}, Broker::uid(i)));
        }
        if (round >= 0) ratios.push_back(median(ours) / median(theirs));
    }
    print_ratio("whoami", ratios, "<= 0.5 of sudo -n true");
    broker.stop();
}

}  // namespace
}  // namespace stint::bench

int main() { return stint::bench::run_bench(stint::bench::measure); }
