// Where a request stands, in words: one sentence for the line that is drawn while waiting, and the last word.
#pragma once

#include "core/view.hpp"

#include <string>

namespace stint::cli {

struct Progress {
    std::string sentence;   ///< changes only when something happened
    std::string countdown;  ///< what time makes of it; "" when there is nothing to count
};

/// Not escaped: the terminal does that.
[[nodiscard]] Progress progress_of(const RequestView& request, Utc now);
/// The state as tables show it: "scheduled", "closed: expired", "closing, stuck".
[[nodiscard]] std::string state_words(const RequestView& request);
/// One sentence that says how the waiting ended, escaped.
[[nodiscard]] std::string outcome_of(const RequestView& request, Utc now);
/// "Ada Osei (ada)", not escaped.
[[nodiscard]] std::string person_words(const PersonView& person);

}  // namespace stint::cli
