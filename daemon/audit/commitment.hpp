// Commitments: how a name, a mail or a free text stands in the log without being in it (docs: the audit format).
// base64(HMAC-SHA256(salt, "stint/commit/v1\0" ‖ u16be len(field) ‖ field ‖ plaintext)), the salt fresh for each.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace stint {

using Salt = std::array<std::byte, 32>;
/// Fills 32 bytes; the system's generator in production, seeded in the simulation.
using SaltSource = std::function<void(Salt&)>;

namespace audit {

/// What opens one commitment. It lives beside the log, never in it; without it the plaintext is gone for good.
struct Disclosure {
    std::string field;
    Salt salt{};
    std::string plaintext;
    friend bool operator==(const Disclosure&, const Disclosure&) = default;
};

/// 44 characters of base64. Throws std::length_error for a field name longer than 65,535 bytes.
[[nodiscard]] std::string commitment(const Salt& salt, std::string_view field, std::string_view plaintext);
/// Has the text the form of a commitment: the base64 of 32 bytes, written in the one way there is?
[[nodiscard]] bool is_commitment(std::string_view text);

}  // namespace audit
}  // namespace stint
