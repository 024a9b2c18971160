// What the programs here print: ratios to what was measured in the same run, beside the goal. No figure fails a run.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace stint::bench {

using Clock = std::chrono::steady_clock;
using Duration = std::chrono::duration<double>;  ///< seconds

/// Of a copy; 0 for none.
[[nodiscard]] double median(std::vector<double> values);

/// How often each side of a pair was measured, one after the other.
inline constexpr int pairs = 5;

/// `NAME  median  (each pair's ratio, smallest first)  goal GOAL`
void print_ratio(const std::string& name, std::vector<double> ratios, const std::string& goal);
/// `NAME  value UNIT  goal GOAL`, for what has a bound of its own.
void print_value(const std::string& name, double value, const std::string& unit, const std::string& goal);

[[nodiscard]] inline double seconds_since(Clock::time_point begin) { return Duration(Clock::now() - begin).count(); }

/// Runs one program's measurements; what goes wrong is told, and is its exit status.
[[nodiscard]] int run_bench(void (*measure)());

}  // namespace stint::bench
