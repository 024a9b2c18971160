// The target of a request, taken apart: the path's segments and the query's parameters, read strictly.
#pragma once

#include "core/command.hpp"
#include "core/refusal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stint::http {

struct Target {
    std::vector<std::string> path;                            ///< "/v1/requests" is {"v1", "requests"}
    std::vector<std::pair<std::string, std::string>> query;   ///< decoded (application/x-www-form-urlencoded)
};

/// nullopt when an escape is broken, a parameter stands twice, or the path holds escapes (no path of ours does).
[[nodiscard]] std::optional<Target> parse_target(std::string_view target);

/// A number that the broker gave out: decimal, from 1, no sign, no leading zero. 19 digits are the most.
[[nodiscard]] std::optional<std::int64_t> parse_number(std::string_view text);

/// Reads one parameter after the other and keeps the first refusal; `finish` finds those nobody asked for.
class QueryReader {
public:
    explicit QueryReader(const Target& target) : target_(target) {}

    void text(std::string_view name, std::string& to);
    void time(std::string_view name, std::optional<Utc>& to);
    void limit(std::string_view name, int& to, int max);
    void filter(std::string_view name, ListFilter& to);
    template <class Tag>
    void number(std::string_view name, std::optional<Id<Tag>>& to) {
        if (const auto value = number(name)) to = Id<Tag>{*value};
    }

    [[nodiscard]] std::optional<Refusal> finish();

private:
    const std::string* find(std::string_view name);
    std::optional<std::int64_t> number(std::string_view name);
    void refuse(RefusalCode code, std::string_view name, std::string_view what);

    const Target& target_;
    std::size_t found_ = 0;
    std::string known_;
    std::optional<Refusal> refusal_;
};

}  // namespace stint::http
