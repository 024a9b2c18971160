// A refusal ends the stream for good; 5xx answers (a broker that is starting up) and lost connections do not.
#include "client/cli/event_stream.hpp"

#include "client/cli/trouble.hpp"

#include <algorithm>

namespace stint::cli {
namespace {

constexpr std::chrono::milliseconds first_pause{200}, longest_pause{5'000};

}  // namespace

void EventStream::open() {
    try {
        connect();
    } catch (const NotReachable& error) {
        throw api_.unreachable(error.what());
    } catch (const ConnectionLost& error) {
        lose(error.what());
    } catch (const BadResponse& error) {
        throw Trouble(ExitCode::unexpected, "answer_not_understood", "The broker's answer cannot be understood: " + std::string(error.what()) + ".");
    }
}

Clock::time_point EventStream::due() const noexcept { return connection_ ? last_sign_at_ + silence_limit : retry_at_; }

std::vector<SseEvent> EventStream::turn() {
    try {
        if (connection_) return read();
        if (Clock::now() >= retry_at_) {
            connect();
            return read();  // events may have come together with the head
        }
    } catch (const NotReachable& error) {
        lose(error.what());
    } catch (const ConnectionLost& error) {
        lose(error.what());
    } catch (const BadResponse& error) {
        lose(error.what());
    } catch (const Disturbed&) {
        lose("it was too slow to answer");
    } catch (const Trouble& trouble) {
        if (trouble.status < 500) throw;
        lose(trouble.what_is_wrong);
    }
    return {};
}

void EventStream::connect() {
    connection_ = api_.open_stream(target_, last_id_);
    reader_ = {};
    last_sign_at_ = Clock::now();
    lost_since_.reset();
    trouble_.clear();
}

void EventStream::lose(const std::string& why) {
    connection_.reset();
    const auto now = Clock::now();
    if (!lost_since_) lost_since_ = now;
    if (now - *lost_since_ >= patience_) throw api_.unreachable(why);
    trouble_ = why;
    retry_at_ = now + pause_;
    pause_ = std::min(pause_ * 2, longest_pause);
}

std::vector<SseEvent> EventStream::read() {
    bool is_end = false;
    const std::string bytes = connection_->first.receive_now(is_end);
    if (!bytes.empty()) {
        connection_->second.feed(bytes);
        last_sign_at_ = Clock::now();
    }
    auto events = reader_.feed(connection_->second.take_body());
    if (!reader_.last_id().empty()) last_id_ = reader_.last_id();
    if (!events.empty()) pause_ = first_pause;
    if (is_end || connection_->second.is_whole()) {
        lose("it was closed");
    } else if (Clock::now() >= last_sign_at_ + silence_limit) {
        lose("it has been silent");
    }
    return events;
}

}  // namespace stint::cli
