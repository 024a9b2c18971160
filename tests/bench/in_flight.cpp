// Grants per second with 64 clients, against raw adds with 64 in flight on one connection; groups grow alike on both sides.
#include "tests/bench/crowd.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/raw.hpp"

namespace stint::bench {
namespace {

constexpr int grants_a_round = 800;
constexpr std::size_t clients = 64;

void measure() {
    Broker broker(Size{});
    broker.start();
    RawDirectory raw(broker.slapd());
    int next = 0;
    const auto wishes = [&] {
        std::vector<Wish> some;
        for (int i = 0; i < grants_a_round; ++i) some.push_back(wish(broker.size(), next++));
        return some;
    };
    std::vector<double> ratios;
    for (int round = -1; round < pairs; ++round) {  // one pair more, to warm up
        std::vector<Pair> adds;
        for (const Wish& one : wishes())
            adds.push_back({Broker::group_dn(one.entitlement), testing::Slapd::person_dn(Broker::login(one.person))});
        const auto begin = Clock::now();
        raw.add_all(adds, clients);
        const double raw_s = seconds_since(begin);
        const double stint_s = ask_for_all(broker, wishes(), clients, "4h");
        if (round >= 0) ratios.push_back(raw_s / stint_s);
    }
    print_ratio("grants_per_second", ratios, ">= 0.85 of raw pipelined adds");
    broker.stop();
}

}  // namespace
}  // namespace stint::bench

int main() { return stint::bench::run_bench(stint::bench::measure); }
