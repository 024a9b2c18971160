// Bipartite matching, seats to persons; see quorum.hpp. A stage with more people than all stages together
// need can be filled last whatever the others took, so only small pools are ever searched.
#include "config/quorum.hpp"

#include <map>

namespace stint::config {
namespace {

std::size_t seats_in_all(const std::vector<Seats>& stages) {
    std::size_t all = 0;
    for (const Seats& stage : stages) all += stage.count;
    return all;
}

/// Filled whoever is left out and wherever the others sit.
bool is_ample(const Seats& stage, std::size_t seats) { return stage.pool.size() > seats; }

class Matching {
public:
    Matching(const std::vector<Seats>& stages, const std::optional<PersonId>& excluded) : stages_(stages), excluded_(excluded) {}

    /// Finds one more person for a seat of the stage, moving others if it must.
    bool seat_one(std::size_t stage) {
        std::set<PersonId> tried;
        return augment(stage, tried);
    }

private:
    // Each call marks one more person as tried, so the depth is bounded by the pools, which are small.
    bool augment(std::size_t stage, std::set<PersonId>& tried) {
        for (const PersonId& person : stages_[stage].pool) {
            if (person == excluded_ || !tried.insert(person).second) continue;
            const auto sits = stage_of_.find(person);
            if (sits == stage_of_.end() || augment(sits->second, tried)) {
                stage_of_[person] = stage;
                return true;
            }
        }
        return false;
    }

    const std::vector<Seats>& stages_;
    const std::optional<PersonId>& excluded_;
    std::map<PersonId, std::size_t> stage_of_;
};

}  // namespace

std::optional<std::size_t> first_unfilled(const std::vector<Seats>& stages, const std::optional<PersonId>& excluded) {
    const std::size_t seats = seats_in_all(stages);
    Matching matching(stages, excluded);
    for (std::size_t stage = 0; stage < stages.size(); ++stage) {
        if (is_ample(stages[stage], seats)) continue;
        for (std::size_t i = 0; i < stages[stage].count; ++i)
            if (!matching.seat_one(stage)) return stage;
    }
    return std::nullopt;
}

std::set<PersonId> critical_persons(const std::vector<Seats>& stages) {
    const std::size_t seats = seats_in_all(stages);
    std::set<PersonId> critical;
    for (const Seats& stage : stages)
        if (!is_ample(stage, seats)) critical.insert(stage.pool.begin(), stage.pool.end());
    return critical;
}

}  // namespace stint::config
