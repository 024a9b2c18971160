// How long to wait before the next try: doubles with each, bounded, with jitter. Pure; the caller brings chance.
#pragma once

#include <algorithm>
#include <chrono>

namespace stint::plugin_host {

class Backoff {
public:
    using Delay = std::chrono::milliseconds;
    Backoff(Delay least, Delay most) : least_(least), most_(most), next_(least) {}

    /// The next delay. `chance` is in [0, 1): 0 makes it 20 % shorter, 1 would make it 20 % longer.
    [[nodiscard]] Delay next(double chance) {
        const double jitter = 0.8 + 0.4 * std::clamp(chance, 0.0, 1.0);
        const auto delay = Delay(static_cast<Delay::rep>(static_cast<double>(next_.count()) * jitter));
        next_ = std::min(most_, next_ * 2);
        return std::min(delay, most_);
    }
    void reset() { next_ = least_; }

private:
    Delay least_, most_, next_;
};

}  // namespace stint::plugin_host
