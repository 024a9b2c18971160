// One person's connection to the door, as `stint request` uses it: the request, then the stream of its changes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace stint::bench {

/// Everything throws std::runtime_error. The socket is non-blocking: `step` is to be called when it is readable.
class Caller {
public:
    /// Connects as this uid: the kernel attests who a peer was at that moment.
    Caller(const std::string& socket, uid_t uid);
    ~Caller();
    Caller(Caller&& other) noexcept;
    Caller& operator=(Caller&& other) noexcept;

    void ask(const std::string& entitlement, const std::string& duration);
    /// Reads what has come; sends what follows. Throws when the request was refused.
    void step();
    /// Blocks until the stream has told of this state; throws after a minute.
    void wait_for(const std::string& state);

    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] bool has_seen(const std::string& state) const;
    /// When the grant was to end, by the broker's word; seconds since 1970.
    [[nodiscard]] std::optional<double> expires_at() const;

private:
    void send(const std::string& text) const;
    void take_answer();

    int descriptor_ = -1;
    std::int64_t id_ = 0;
    bool is_streaming_ = false;
    std::string received_;
};

/// Now by the wall clock, seconds since 1970.
[[nodiscard]] double wall_clock();

}  // namespace stint::bench
