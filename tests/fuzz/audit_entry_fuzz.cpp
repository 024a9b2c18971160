// An entry and a disclosure from any bytes (split at the first line end): no crash, and what is taken is canonical:
// written once more, with commitments of the same plaintexts, it has the same length and reads the same.
#include "audit/entry.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 16 * 1024) return 0;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto divider = text.find('\n');
    const std::string line = text.substr(0, divider);
    std::vector<stint::audit::Disclosure> disclosures;
    if (divider != std::string::npos) {
        stint::audit::Disclosure one;
        one.salt.fill(std::byte{1});
        one.field = "comment";
        one.plaintext = text.substr(divider + 1);
        disclosures.push_back(one);
    }
    try {
        const auto decoded = stint::audit::decode(line, disclosures);
        if (line.size() > stint::audit::longest_entry) std::abort();
        if (!std::all_of(line.begin(), line.end(), [](char letter) { return letter >= 0x20 && letter < 0x7F; })) std::abort();
        // All that was committed is open: then the event says everything, and its line is the line.
        if (decoded.undisclosed.empty()) {
            const auto again = stint::audit::encode(decoded.event, decoded.seq, decoded.now, [](stint::Salt& salt) { salt.fill(std::byte{1}); });
            if (again.bytes != line) std::abort();
        }
    } catch (const stint::audit::EntryFault&) {
    }
    return 0;
}
