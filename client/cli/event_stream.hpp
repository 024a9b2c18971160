// One stream of server-sent events that survives the broker's restarts: reconnects with Last-Event-ID, for as long as
// its patience lasts. Never waits for events itself; the owner polls, then takes a turn.
#pragma once

#include "client/cli/api.hpp"
#include "client/cli/sse.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stint::cli {

class EventStream {
public:
    static constexpr std::chrono::milliseconds usual_patience{5 * 60 * 1000};
    /// Without a sign of life for so long, the connection is taken for dead.
    static constexpr std::chrono::seconds silence_limit{90};

    EventStream(const Api& api, std::string target, std::chrono::milliseconds patience = usual_patience)
        : api_(api), target_(std::move(target)), patience_(patience) {}

    /// Connects at once, without patience. Throws Trouble.
    void open();
    /// How long it may be unreachable from now on.
    void be_patient(std::chrono::milliseconds patience) { patience_ = patience; }
    /// Reads what has come, or connects again when it is time: that is given up when Disturbed, and tried again later.
    /// Throws Trouble: a refusal, or patience at its end.
    [[nodiscard]] std::vector<SseEvent> turn();
    /// For poll(2); -1 while there is no connection.
    [[nodiscard]] int fd() const noexcept { return connection_ ? connection_->first.fd() : -1; }
    /// When a turn is due although nothing came.
    [[nodiscard]] Clock::time_point due() const noexcept;
    [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

private:
    void connect();
    void lose(const std::string& why);
    [[nodiscard]] std::vector<SseEvent> read();

    const Api& api_;
    std::string target_, last_id_, trouble_;
    std::chrono::milliseconds patience_;
    std::optional<std::pair<Socket, HttpResponse>> connection_;
    SseReader reader_;
    Clock::time_point last_sign_at_{}, retry_at_{};
    std::optional<Clock::time_point> lost_since_;
    std::chrono::milliseconds pause_{200};
};

}  // namespace stint::cli
