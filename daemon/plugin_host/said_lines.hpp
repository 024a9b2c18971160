// What a plugin says on standard error, made fit for the log: whole lines, each bounded, so many a second. Pure:
// the time is an argument, where the lines go is the caller's affair.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace stint::plugin_host {

class SaidLines {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t max_line = 1024;      ///< bytes; the rest of the line is dropped
    static constexpr int lines_per_second = 50;

    /// `line` gets each line that may be logged, unescaped; `dropped` how many may not, once there is room again.
    SaidLines(std::function<void(std::string_view)> line, std::function<void(std::size_t)> dropped)
        : line_(std::move(line)), dropped_(std::move(dropped)) {}

    void feed(std::string_view bytes, Time now);
    /// The stream has ended: gives out the line that was under way and the count of what was dropped.
    void finish(Time now);
    /// The last line it said, whether logged or not; "" when it said nothing.
    [[nodiscard]] const std::string& last() const noexcept { return last_; }

private:
    void add(std::string_view part);
    void end_line(Time now);

    std::function<void(std::string_view)> line_;
    std::function<void(std::size_t)> dropped_;
    std::string unfinished_, last_;
    Time window_{};
    int in_window_ = 0;
    std::size_t dropped_count_ = 0;
};

}  // namespace stint::plugin_host
