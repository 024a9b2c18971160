// What a port throws when the world is broken, in the words of plugins/sdk/PROTOCOL.md.
#pragma once

#include <stdexcept>
#include <string>

namespace stint {

enum class FaultKind {
    unreachable,      ///< could not be asked; nothing was sent
    unknown_outcome,  ///< a write was sent, its fate is not known
    refused,          ///< a definite no from outside; nothing was changed
    not_found,        ///< the group, person or ticket does not exist
    not_allowed,      ///< the plugin's own list does not allow it
    busy,             ///< too much in flight; nothing was sent
    broken,           ///< the plugin answered nonsense; treated as unknown_outcome for a write
};

/// Nothing reached the outside: the same may be asked again later, without harm.
[[nodiscard]] constexpr bool is_not_sent(FaultKind kind) { return kind == FaultKind::unreachable || kind == FaultKind::busy; }
/// The outside, or the plugin's own list, will give the same answer again.
[[nodiscard]] constexpr bool is_definite_no(FaultKind kind) {
    return kind == FaultKind::not_found || kind == FaultKind::not_allowed || kind == FaultKind::refused;
}

class Fault : public std::runtime_error {
public:
    Fault(FaultKind kind, const std::string& message, int result_code = 0)
        : std::runtime_error(message), kind_(kind), result_code_(result_code) {}
    [[nodiscard]] FaultKind kind() const noexcept { return kind_; }
    /// The outside's own number (an LDAP result code), 0 for none.
    [[nodiscard]] int result_code() const noexcept { return result_code_; }

private:
    FaultKind kind_;
    int result_code_;
};

}  // namespace stint
