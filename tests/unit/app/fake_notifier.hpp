// A channel in memory that takes, hangs or is down, as a test wishes.
#pragma once

#include "ports/clock.hpp"
#include "ports/notifier.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace stint::testing {

class FakeNotifier final : public Notifier {
public:
    enum class Mood { takes, waits, is_down, hangs, refuses };

    FakeNotifier(std::string name, Clock& clock) : name_(std::move(name)), clock_(clock) {}

    [[nodiscard]] boost::asio::awaitable<void> deliver(Notice notice, std::string key) override {
        asked.push_back(notice);
        if (mood == Mood::hangs) {
            co_await clock_.sleep_for(std::chrono::seconds(60));
            throw Fault(FaultKind::unknown_outcome, "no answer");
        }
        if (mood == Mood::waits) co_await clock_.sleep_for(until - clock_.now().boot);
        if (mood == Mood::is_down) throw Fault(FaultKind::unreachable, "down");
        if (mood == Mood::refuses) throw Fault(FaultKind::refused, "not this one");
        taken.push_back(std::move(notice));
        keys.push_back(std::move(key));
    }
    [[nodiscard]] const std::string& name() const override { return name_; }

    [[nodiscard]] static bool is_there(const std::vector<Notice>& notices, RequestId request, const std::string& kind) {
        return std::any_of(notices.begin(), notices.end(), [&](const Notice& one) { return one.request == request && one.kind == kind; });
    }
    [[nodiscard]] bool has(RequestId request, const std::string& kind = "ready") const { return is_there(taken, request, kind); }
    [[nodiscard]] bool was_asked(RequestId request, const std::string& kind = "ready") const { return is_there(asked, request, kind); }

    Mood mood = Mood::takes;
    BootTime until{};               ///< when it `waits`: before it takes anything
    std::vector<Notice> asked, taken;
    std::vector<std::string> keys;  ///< of what it took

private:
    std::string name_;
    Clock& clock_;
};

}  // namespace stint::testing
