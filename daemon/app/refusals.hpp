// Asks that a rule forbade are on the record too, but nobody may fill the log with them: past twenty a minute from
// one person, or from one place where nobody is known, they are counted, and written as one event when the minute is over.
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
    /// Writes down what was only counted in minutes that are over, of some people at a time.
    void flush(Transaction& transaction);
    /// The same of all people, whatever the time: nobody counts after this.
    void flush_all(Transaction& transaction);

private:
    static constexpr int limit_a_minute = 20;
    static constexpr int people_at_once = 100;
    struct Minute {
        Utc since{};
        int count = 0;
        std::int64_t uncounted = 0;
        Actor actor{};
    };
    [[nodiscard]] static bool is_over(const Minute& minute, Utc now);
    void flush_some(Transaction& transaction, int people, bool is_end);
    std::map<std::string, Minute> minutes_;   ///< by person, or origin; touched on the store thread alone
};

}  // namespace stint
