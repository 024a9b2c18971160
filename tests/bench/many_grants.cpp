// Ten thousand active grants: what they take in memory, and how long a start with them takes.
#include "tests/bench/crowd.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/raw.hpp"

namespace stint::bench {
namespace {

constexpr int grants = 10'000;
constexpr std::size_t clients = 64;

void measure() {
    Broker broker(Size{});
    broker.start();
    std::vector<Wish> wishes;
    std::vector<Pair> held;
    for (int n = 0; n < grants - pairs; ++n) {
        wishes.push_back(wish(broker.size(), n));
        held.push_back({Broker::group_dn(wishes.back().entitlement), testing::Slapd::person_dn(Broker::login(wishes.back().person))});
    }
    ask_for_all(broker, wishes, clients, "8h");
    print_value("memory_after_filing", broker.memory_mb(), "MB", "< 60");
    RawDirectory raw(broker.slapd());
    std::vector<double> starts, ratios;
    int next = grants - pairs;
    for (int round = 0; round < pairs; ++round) {
        broker.stop();
        const auto begin = Clock::now();
        raw.read_all(held, clients);
        const double reads = seconds_since(begin);
        const auto started = Clock::now();
        starts.push_back(broker.start());
        // Nothing is lent before the round over all that is open has passed.
        ask_for_all(broker, {wish(broker.size(), next++)}, 1, "8h");
        ratios.push_back(seconds_since(started) / reads);
    }
    print_value("memory_after_start", broker.memory_mb(), "MB", "< 60");
    print_value("start_to_listening", median(starts), "s", "< 1");
    print_ratio("start_to_lending", ratios, "");
    broker.stop();
}

}  // namespace
}  // namespace stint::bench

int main() { return stint::bench::run_bench(stint::bench::measure); }
