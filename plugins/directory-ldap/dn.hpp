// Distinguished names, taken apart by libldap's own parser. Comparing them here is a help (is this value under
// the people's base?), never a proof of identity: identity is entryUUID, and the server's rules are the server's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stint::directory_ldap {

/// One "type=value" of a relative distinguished name; the type in lower case, the value unescaped.
struct Assertion {
    std::string type;
    std::string value;
    friend bool operator==(const Assertion&, const Assertion&) = default;
};

class Dn {
public:
    using Rdn = std::vector<Assertion>;

    /// nullopt when it is none, is empty, or is longer than 8 KiB.
    [[nodiscard]] static std::optional<Dn> parse(std::string_view text);

    [[nodiscard]] const std::vector<Rdn>& rdns() const noexcept { return rdns_; }  ///< the entry's own first
    [[nodiscard]] std::string text() const;                                        ///< escaped anew
    /// For comparing: case folded (ASCII), spaces squeezed, assertions in order.
    [[nodiscard]] const std::string& key() const noexcept { return key_; }
    [[nodiscard]] bool is_under(const Dn& base) const;  ///< strictly below it
    [[nodiscard]] std::string rdn_value(std::string_view type) const;  ///< of the entry's own RDN; "" when it has none

private:
    explicit Dn(std::vector<Rdn> rdns);
    std::vector<Rdn> rdns_;
    std::vector<std::string> keys_;  ///< one per RDN
    std::string key_;
    friend std::optional<Dn> common_base(const std::vector<Dn>& dns);
};

/// The longest DN that all of them are at or under; nullopt when there is none.
[[nodiscard]] std::optional<Dn> common_base(const std::vector<Dn>& dns);

/// Dn::key of what `text` is, without taking it apart where that is not needed; nullopt when it is no DN.
[[nodiscard]] std::optional<std::string> key_of(std::string_view text);
/// For comparing two values of DN syntax: Dn::key, or the text itself when it cannot be parsed.
[[nodiscard]] std::string dn_key(std::string_view text);
/// Is it a DN, and strictly below the one with this key?
[[nodiscard]] bool is_under_key(std::string_view text, std::string_view base);
/// The entry's own RDN where it can be told without taking the name apart; nullopt: parse it.
[[nodiscard]] std::optional<Assertion> simple_rdn(std::string_view text);
/// The same for values of caseIgnoreMatch (a login).
[[nodiscard]] std::string folded(std::string_view text);

}  // namespace stint::directory_ldap
