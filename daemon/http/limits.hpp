// How much one caller may take of the door: connections at a time, requests a minute. Time is an argument.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

namespace stint::http {

/// Counts connections by uid and in all. A place is given back when its `Place` goes.
class Places {
public:
    class Place {
    public:
        Place() = default;
        Place(Places* of, std::uint32_t uid) : of_(of), uid_(uid) {}
        Place(Place&& other) noexcept : of_(std::exchange(other.of_, nullptr)), uid_(other.uid_) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (of_ != nullptr) of_->give_back(uid_);
        }
        explicit operator bool() const noexcept { return of_ != nullptr; }

    private:
        Places* of_ = nullptr;
        std::uint32_t uid_ = 0;
    };

    Places(std::size_t in_all, std::size_t per_uid) : in_all_(in_all), per_uid_(per_uid) {}
    /// An empty one when there is none left.
    [[nodiscard]] Place take(std::uint32_t uid);
    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

private:
    void give_back(std::uint32_t uid);

    std::size_t in_all_, per_uid_;
    std::size_t taken_ = 0;
    std::unordered_map<std::uint32_t, std::size_t> by_uid_;
};

/// A token bucket a caller: a minute's worth at once, then one by one.
class Rate {
public:
    using Clock = std::chrono::steady_clock;
    explicit Rate(int per_minute) : per_minute_(per_minute) {}
    [[nodiscard]] bool take(const std::string& caller, Clock::time_point now);

private:
    struct Bucket {
        double tokens;
        Clock::time_point at;
    };
    [[nodiscard]] double filled(const Bucket& bucket, Clock::time_point now) const;
    void make_room(Clock::time_point now);

    static constexpr std::size_t most_callers = 4096;
    double per_minute_;
    std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace stint::http
