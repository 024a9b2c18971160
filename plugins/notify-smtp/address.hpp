// Mail addresses and header text: what may stand in a header or an SMTP command, and how it is written there. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stint::notify_smtp {

/// local@domain, in the plain form of RFC 5321 (dot-atom, ASCII): no quotes, no comments, nothing that could end a
/// command or a header. Internationalised addresses are not sent to.
[[nodiscard]] bool is_address(std::string_view text);

struct Mailbox {
    std::string name;  ///< "" when there is none
    std::string address;
};
/// "Stint <stint@example.org>" or "stint@example.org"; nullopt for anything else.
[[nodiscard]] std::optional<Mailbox> parse_mailbox(std::string_view text);
/// As a header's value: a name that is not plain ASCII is written by RFC 2047.
[[nodiscard]] std::string to_header(const Mailbox& mailbox);
/// Unstructured text as a header's value: RFC 2047 where needed, folded, one harmless line of text.
[[nodiscard]] std::string header_text(std::string_view text);
/// What stands behind the @.
[[nodiscard]] std::string_view domain_of(std::string_view address);
/// A host's name or address as it may stand in EHLO and in a URL.
[[nodiscard]] bool is_host(std::string_view text);

}  // namespace stint::notify_smtp
