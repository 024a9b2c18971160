// Request to ready, and expiry to proof, with nothing else under way; against the least that either needs: an LDAP
// write, a read, and two durable commits, one after the other.
#include "tests/bench/caller.hpp"
#include "tests/bench/crowd.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/raw.hpp"

#include <poll.h>

#include <cmath>
#include <deque>
#include <stdexcept>

namespace stint::bench {
namespace {

constexpr int samples = 40;
/// Between two grants of one round, so that their ends, too, come one at a time.
constexpr double apart_s = 0.025;

class Raw {
public:
    explicit Raw(const Broker& broker) : size_(broker.size()), directory_(broker.slapd()), commits_(broker.folder() + "/raw.db") {}

    /// Seconds, the median of some.
    double adds() {
        return some([this](const Pair& pair) { directory_.add(pair); }, true);
    }
    double removals() {
        return some([this](const Pair& pair) { directory_.remove(pair); }, false);
    }

private:
    template <class Write>
    double some(Write write, bool must_be_there) {
        std::vector<double> times;
        for (int i = 0; i < samples; ++i) {
            const Wish other = wish(size_, samples + i);
            const Pair pair{Broker::group_dn(other.entitlement), testing::Slapd::person_dn(Broker::login(other.person))};
            const auto begin = Clock::now();
            commits_.commit();
            write(pair);
            if (directory_.has(pair) != must_be_there) throw std::runtime_error("the raw write is not to be seen");
            commits_.commit();
            times.push_back(seconds_since(begin));
        }
        return median(times);
    }

    Size size_;
    RawDirectory directory_;
    RawCommits commits_;
};

struct Times {
    double to_ready = 0, to_proof = 0;
};

Times grants(const Broker& broker) {
    std::vector<double> ready, proof;
    std::deque<Caller> callers;
    for (int i = 0; i < samples; ++i) {
        const auto begin = Clock::now();
        const Wish one = wish(broker.size(), i);
        Caller& caller = callers.emplace_back(broker.socket(), Broker::uid(one.person));
        caller.ask(Broker::entitlement(one.entitlement), "2s");
        caller.wait_for("ready");
        const double took = seconds_since(begin);
        ready.push_back(took);
        ::poll(nullptr, 0, std::max(0, static_cast<int>(std::lround((apart_s - took) * 1000))));
    }
    std::vector<pollfd> waiting;
    for (const Caller& caller : callers) waiting.push_back({caller.descriptor(), POLLIN, 0});
    while (proof.size() < callers.size()) {
        if (::poll(waiting.data(), waiting.size(), 60'000) <= 0) throw std::runtime_error("a grant is not closed within a minute");
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            if (waiting[i].revents == 0) continue;
            callers[i].step();
            if (!callers[i].has_seen("closed")) continue;
            const auto due = callers[i].expires_at();
            if (!due) throw std::runtime_error("a grant without an end");
            proof.push_back(wall_clock() - *due);
            waiting[i].fd = -1;
        }
    }
    return {median(ready), median(proof)};
}

void measure() {
    Broker broker(Size{.people = 200, .entitlements = 40});
    broker.start();
    Raw raw(broker);
    std::vector<double> ready, proof;
    for (int round = -1; round < pairs; ++round) {
        const double raw_adds = raw.adds(), raw_removals = raw.removals();
        const Times times = grants(broker);
        if (round < 0) continue;
        ready.push_back(times.to_ready / raw_adds);
        proof.push_back(times.to_proof / raw_removals);
    }
    const std::string against = " of LDAP write + read + two commits";
    print_ratio("request_to_ready", ready, "<= 1.5" + against);
    print_ratio("expiry_to_proof", proof, "<= 1.5" + against);
    broker.stop();
}

}  // namespace
}  // namespace stint::bench

int main() { return stint::bench::run_bench(stint::bench::measure); }
