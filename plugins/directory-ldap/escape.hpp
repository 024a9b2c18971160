// The only place where text becomes part of a filter (RFC 4515) or of a distinguished name (RFC 4514).
// Nobody else may put quotes, parentheses or backslashes together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stint::directory_ldap {

/// A filter that is well formed by construction: values are escaped where they enter.
class Filter {
public:
    [[nodiscard]] static Filter equal(std::string_view attribute, std::string_view value);
    [[nodiscard]] static Filter at_least(std::string_view attribute, std::string_view value);
    [[nodiscard]] static Filter at_most(std::string_view attribute, std::string_view value);
    /// By a matching rule that is named: (attribute:1.2.840.113556.1.4.803:=2).
    [[nodiscard]] static Filter matching(std::string_view attribute, std::string_view rule, std::string_view value);
    [[nodiscard]] static Filter present(std::string_view attribute);
    [[nodiscard]] static Filter all_of(const std::vector<Filter>& parts);  ///< one part at least
    [[nodiscard]] static Filter any_of(const std::vector<Filter>& parts);  ///< one part at least
    /// What an administrator wrote in the settings. Throws std::invalid_argument when its parentheses are not in order.
    [[nodiscard]] static Filter from_settings(std::string_view text);
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    explicit Filter(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// RFC 4515: everything but plain printable ASCII becomes \XX, and so do * ( ) and the backslash.
[[nodiscard]] std::string escaped_for_filter(std::string_view value);
/// RFC 4514: one value of a relative distinguished name.
[[nodiscard]] std::string escaped_for_dn(std::string_view value);
/// "attribute=value" with the value escaped. Throws std::invalid_argument when the attribute is no attribute's name.
[[nodiscard]] std::string rdn(std::string_view attribute, std::string_view value);
/// A letter, then letters, digits, hyphens; ";" before an option; or a dotted number.
[[nodiscard]] bool is_attribute_name(std::string_view text);

}  // namespace stint::directory_ldap
