// Headers first, as mail has them, then the lines, then what to type.
#include "plugins/notify-inbox/message.hpp"

#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/settings.hpp"

#include <boost/json/array.hpp>

#include <array>

namespace stint::notify_inbox {

namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;

namespace {

/// UTF-8 of the bidirectional controls and the line and paragraph separators, by their last byte.
bool is_unwelcome(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    if (byte(at) == 0xC2 && byte(at + 1) >= 0x80 && byte(at + 1) <= 0x9F) return true;                                // C1
    if (byte(at) == 0xD8 && byte(at + 1) == 0x9C) return true;                                                        // U+061C
    if (byte(at) == 0xE2 && byte(at + 1) == 0x80) return byte(at + 2) == 0x8E || byte(at + 2) == 0x8F || (byte(at + 2) >= 0xA8 && byte(at + 2) <= 0xAE);
    return byte(at) == 0xE2 && byte(at + 1) == 0x81 && byte(at + 2) >= 0xA6 && byte(at + 2) <= 0xA9;                  // U+2066-2069
}

const json::array& list(const json::object& notice, const char* key) {
    const json::value* value = notice.if_contains(key);
    if (value == nullptr || !value->is_array() || value->get_array().size() > 1000) {
        throw PluginError(Reason::invalid_params, std::string("notice.") + key + " must be a list of at most 1000");
    }
    return value->get_array();
}

std::string text_item(const json::value& value) {
    if (!value.is_string()) throw PluginError(Reason::invalid_params, "a line of the notice is no text");
    return one_line(value.get_string());
}

}  // namespace

std::string one_line(std::string_view text, std::size_t limit) {
    std::string clean;
    for (std::size_t i = 0; i < text.size() && clean.size() < limit; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7F) {
            clean += '?';
        } else if (is_unwelcome(text, i)) {
            clean += '?';
            i += byte == 0xE2 ? 2 : 1;
        } else {
            clean += text[i];
        }
    }
    return clean;
}

std::string compose(const json::object& notice) {
    std::string text;
    std::string to;
    for (const json::value& item : list(notice, "recipients")) {
        if (!item.is_object()) throw PluginError(Reason::invalid_params, "a recipient is no object");
        const json::object& person = item.get_object();
        const std::string mail = sdk::text_or(person, "mail", "");
        to += (to.empty() ? "" : ", ") + one_line(sdk::text_or(person, "name", "")) + " <" +
              one_line(mail.empty() ? sdk::required_text(person, "login") : mail) + ">";
    }
    text += "To: " + to + "\n";
    text += "Subject: " + one_line(sdk::required_text(notice, "subject")) + "\n";
    text += "Date: " + one_line(sdk::required_text(notice, "sent_at")) + "\n\n";
    for (const json::value& line : list(notice, "lines")) text += text_item(line) + "\n";
    const json::array& commands = list(notice, "commands");
    if (!commands.empty()) text += "\n";
    for (const json::value& command : commands) text += "    " + text_item(command) + "\n";
    if (const std::string link = sdk::text_or(notice, "link", ""); !link.empty()) text += "\n" + one_line(link) + "\n";
    return text;
}

}  // namespace stint::notify_inbox
