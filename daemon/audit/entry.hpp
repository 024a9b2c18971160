// The canonical bytes of an event: the one line of JSON that is hashed and exported, and the way back. Written
// once, never re-encoded. No name, mail or free text stands in it: those are commitments, opened by disclosures.
#pragma once

#include "audit/commitment.hpp"
#include "core/event.hpp"
#include "core/time.hpp"

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stint::audit {

/// No entry is longer (the audit format; an export's tiles could carry 65,535 bytes).
inline constexpr std::size_t longest_entry = 8 * 1024;

/// An event that cannot be written, or bytes that are no entry. The message names the field, never its content.
class EntryFault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct Entry {
    std::string bytes;                    ///< one line, printable ASCII, no line end
    std::vector<Disclosure> disclosures;  ///< in the order in which the fields stand in `c`
};

/// Fields that are zero, false or empty are left out; `v seq ts type actor result` never are. Numbers are integers:
/// `ts` and `…_us` microseconds (UTC since 1970, or since boot), `mono_ns` nanoseconds since boot, `…_s` seconds.
/// Throws EntryFault: too long, no body, text that is not UTF-8 where it would stand in the clear.
[[nodiscard]] Entry encode(const Event& event, EventSeq seq, const Now& now, const SaltSource& salts);

struct Decoded {
    Event event;
    EventSeq seq;
    Now now;
    std::vector<std::string> undisclosed;  ///< committed fields that nothing opened: empty in `event`
};

/// Strict: only bytes that `encode` would write, each disclosure fitting its commitment. Throws EntryFault.
[[nodiscard]] Decoded decode(std::string_view bytes, std::span<const Disclosure> disclosures);

}  // namespace stint::audit
