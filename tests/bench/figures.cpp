// Lines that a person and awk(1) can read alike.
#include "tests/bench/figures.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>

namespace stint::bench {

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void print_ratio(const std::string& name, std::vector<double> ratios, const std::string& goal) {
    std::printf("%-24s %8.2f       (", name.c_str(), median(ratios));
    std::sort(ratios.begin(), ratios.end());
    for (std::size_t i = 0; i < ratios.size(); ++i) std::printf("%s%.2f", i == 0 ? "" : " ", ratios[i]);
    std::printf(")%s%s\n", goal.empty() ? "" : "  goal ", goal.c_str());
    std::fflush(stdout);
}

void print_value(const std::string& name, double value, const std::string& unit, const std::string& goal) {
    std::printf("%-24s %8.2f %-5s %s%s\n", name.c_str(), value, unit.c_str(), goal.empty() ? "" : " goal ", goal.c_str());
    std::fflush(stdout);
}

int run_bench(void (*measure)()) {
    try {
        measure();
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "not measured: %s\n", error.what());
        return 1;
    }
}

}  // namespace stint::bench
