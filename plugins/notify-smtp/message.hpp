// A notice as a mail: headers, text and HTML. Pure; no field of a notice can become more than the text it is.
#pragma once

#include "plugins/notify-smtp/address.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stint::notify_smtp {

struct Recipient {
    std::string login, name, mail;
};

struct Notice {
    std::string kind;
    std::int64_t request = 0;
    std::vector<Recipient> recipients;
    std::string subject;
    std::vector<std::string> lines, commands;
    std::string link, sent_at;
};

/// One mail to one person: nobody's address is shown to another.
struct Message {
    std::string to;                    ///< the address of the envelope
    std::vector<std::string> headers;  ///< "Name: value", folded with CRLF and a blank
    std::string text, html;
};

/// Throws PluginError(invalid_params) when it has not the protocol's shape.
[[nodiscard]] Notice read_notice(const boost::json::object& params);
/// `link_base` makes the link when the notice has none; "" for none. `to.mail` is an address (is_address).
[[nodiscard]] Message compose(const Notice& notice, std::string_view key, const Recipient& to, const Mailbox& from,
                              std::string_view link_base);
/// The same key gives the same id: a mail that was sent twice is shown once by most programs.
[[nodiscard]] std::string message_id(std::string_view key, std::string_view domain);

}  // namespace stint::notify_smtp
