// Asks that a rule forbade are on the record too, but nobody may fill the log with them: past twenty a minute from
// one person, or from one place where nobody is known, they are counted, and written as one event.
#pragma once

#include "app/broker.hpp"
#include "core/command.hpp"
#include "core/filing.hpp"

#include <map>
#include <string>

namespace stint {

class Refusals {
public:
    /// Within the transaction that judged the ask: writes it down, or counts it.
    void record(Transaction& transaction, const Event& event);

private:
    static constexpr int limit_a_minute = 20;
    struct Minute {
        Utc since{};
        int count = 0;
        std::int64_t uncounted = 0;
    };
    std::map<std::string, Minute> minutes_;   ///< by person, or origin; touched on the store thread alone
};

}  // namespace stint
