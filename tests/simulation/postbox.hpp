// A channel to people that is late, goes down, and loses answers. It knows what it took, and of what it never told.
#pragma once

#include "ports/notifier.hpp"
#include "virtual_clock.hpp"

#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace stint::simulation {

class Postbox final : public Notifier {
public:
    Postbox(std::string name, VirtualClock& clock, std::mt19937_64& random) : name_(std::move(name)), clock_(clock), random_(random) {}

    boost::asio::awaitable<void> deliver(Notice notice, std::string key) override;
    [[nodiscard]] const std::string& name() const override { return name_; }

    /// Chances of not being reached, of an answer that is lost, and of taking minutes.
    void set_faults(double not_sent, double unanswered, double slow) { not_sent_ = not_sent, unanswered_ = unanswered, slow_ = slow; }
    void set_down(bool is_down) { is_down_ = is_down; }
    /// The broker ended: of what it still owes, by the records, it may not know that it was delivered.
    void crash(const std::set<std::string>& owed);

    /// This kind of message about this request was taken.
    [[nodiscard]] bool has(const std::string& kind, RequestId request) const { return taken_.contains({kind, request}); }
    [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(keys_.size()); }
    [[nodiscard]] const std::string& violation() const { return violation_; }

private:
    bool happens(double chance) { return std::uniform_real_distribution<double>(0, 1)(random_) < chance; }

    std::string name_;
    VirtualClock& clock_;
    std::mt19937_64& random_;
    double not_sent_ = 0, unanswered_ = 0, slow_ = 0;
    bool is_down_ = false;
    std::set<std::pair<std::string, RequestId>> taken_;
    std::set<std::string> keys_, answered_;   ///< taken; taken, and the broker was told
    std::string violation_;
};

}  // namespace stint::simulation
