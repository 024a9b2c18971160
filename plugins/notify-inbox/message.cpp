// Headers first, as mail has them, then the lines, then what to type.
#include "plugins/notify-inbox/message.hpp"

#include "plugins/sdk/plain_line.hpp"
#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/settings.hpp"

#include <boost/json/array.hpp>

namespace stint::notify_inbox {

namespace json = boost::json;
using sdk::one_line;
using sdk::PluginError;
using sdk::Reason;

namespace {

const json::array& list(const json::object& notice, const char* key) {
    const json::value* value = notice.if_contains(key);
    if (value == nullptr || !value->is_array() || value->get_array().size() > 1000) {
        throw PluginError(Reason::invalid_params, std::string("notice.") + key + " must be a list of at most 1000");
    }
    return value->get_array();
}

std::string text_item(const json::value& value) {
    if (!value.is_string()) throw PluginError(Reason::invalid_params, "a line of the notice is no text");
    return one_line(value.get_string(), 4096);
}

/// As mail writes it: a name with a character that means something there stands in quotes.
std::string mailbox(const json::object& person) {
    std::string address = one_line(sdk::text_or(person, "mail", ""));
    if (address.empty()) address = one_line(sdk::required_text(person, "login"));
    for (char& byte : address) {
        if (std::string_view("<>,;\" ").find(byte) != std::string_view::npos) byte = '?';
    }
    const std::string name = one_line(sdk::text_or(person, "name", ""));
    if (name.empty()) return "<" + address + ">";
    if (name.find_first_of("<>,;:@\"\\()") == std::string::npos) return name + " <" + address + ">";
    std::string quoted = "\"";
    for (const char byte : name) {
        if (byte == '"' || byte == '\\') quoted += '\\';
        quoted += byte;
    }
    return quoted + "\" <" + address + ">";
}

}  // namespace

std::string key_header(const std::string& key) { return "Message-Key: " + one_line(key) + "\n"; }

std::string compose(const json::object& notice, const std::string& key) {
    std::string text;
    std::string to;
    for (const json::value& item : list(notice, "recipients")) {
        if (!item.is_object()) throw PluginError(Reason::invalid_params, "a recipient is no object");
        to += (to.empty() ? "" : ", ") + mailbox(item.get_object());
    }
    text += "To: " + to + "\n";
    text += "Subject: " + one_line(sdk::required_text(notice, "subject")) + "\n";
    text += "Date: " + one_line(sdk::required_text(notice, "sent_at")) + "\n" + key_header(key) + "\n";
    for (const json::value& line : list(notice, "lines")) text += text_item(line) + "\n";
    const json::array& commands = list(notice, "commands");
    if (!commands.empty()) text += "\n";
    for (const json::value& command : commands) text += "    " + text_item(command) + "\n";
    if (const std::string link = sdk::text_or(notice, "link", ""); !link.empty()) text += "\n" + one_line(link) + "\n";
    return text;
}

}  // namespace stint::notify_inbox
