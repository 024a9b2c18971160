// RFC 5322 headers, RFC 3834 (Auto-Submitted); one thread a request. MIME and transfer encodings are curl's.
#include "plugins/notify-smtp/message.hpp"

#include "daemon/core/time.hpp"
#include "plugins/sdk/plain_line.hpp"
#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/settings.hpp"

#include <boost/json/array.hpp>

#include <array>
#include <chrono>
#include <cstdio>

namespace stint::notify_smtp {

namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;

namespace {

constexpr std::size_t most_items = 1000;

[[noreturn]] void bad(const std::string& what) { throw PluginError(Reason::invalid_params, "notice." + what); }

const json::array& list_of(const json::object& notice, std::string_view key) {
    const json::value* value = notice.if_contains(key);
    if (value == nullptr || !value->is_array() || value->get_array().size() > most_items)
        bad(std::string(key) + " must be a list of at most 1000");
    return value->get_array();
}

std::vector<std::string> lines_of(const json::object& notice, std::string_view key) {
    std::vector<std::string> lines;
    for (const json::value& item : list_of(notice, key)) {
        if (!item.is_string()) bad(std::string(key) + " must hold texts");
        lines.push_back(sdk::one_line(item.get_string(), 4096));
    }
    return lines;
}

/// RFC 5322, 3.3. A time that cannot be read is left to the mail server, which adds its own.
std::string date_header(const std::string& sent_at) {
    const auto time = parse_rfc3339(sent_at);
    if (!time) return {};
    const auto day = std::chrono::floor<std::chrono::days>(*time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(*time - day));
    static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[64];
    std::snprintf(text, sizeof text, "Date: %s, %02u %s %04d %02d:%02d:%02d +0000", days[std::chrono::weekday(day).c_encoding()],
                  static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char one : text) {
        switch (one) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += one;
        }
    }
    return out;
}

/// Only a plain web address becomes something to click on.
bool is_web_link(std::string_view link) {
    if (!link.starts_with("https://") && !link.starts_with("http://")) return false;
    return link.find_first_of(" \"'<>\\`{}|^") == std::string_view::npos;
}

std::string text_body(const Notice& notice, const std::string& link) {
    std::string text;
    for (const std::string& line : notice.lines) text += line + "\r\n";
    if (!notice.commands.empty()) text += "\r\n";
    for (const std::string& command : notice.commands) text += "    " + command + "\r\n";
    if (!link.empty()) text += "\r\n" + link + "\r\n(Opening it changes nothing.)\r\n";
    return text;
}

std::string html_body(const Notice& notice, const std::string& link) {
    std::string html =
        "<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"><title>" + escaped(notice.subject) + "</title></head><body>\r\n";
    for (const std::string& line : notice.lines) html += "<p>" + escaped(line) + "</p>\r\n";
    if (!notice.commands.empty()) {
        html += "<pre>";
        for (const std::string& command : notice.commands) html += escaped(command) + "\r\n";
        html += "</pre>\r\n";
    }
    if (is_web_link(link)) html += "<p><a href=\"" + escaped(link) + "\">" + escaped(link) + "</a> (opening it changes nothing)</p>\r\n";
    return html + "</body></html>\r\n";
}

/// FNV-1a. Tells long keys apart that begin alike; it guards nothing.
std::uint64_t digest(std::string_view text) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
    return hash;
}

}  // namespace

std::string message_id(std::string_view key, std::string_view domain) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string left;
    for (const char one : key) {
        const bool is_plain =
            (one >= '0' && one <= '9') || (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || one == '-' || one == '_';
        if (is_plain) {
            left += one;
        } else {  // one to one, so that two keys never share an id
            left += '=';
            left += hex[static_cast<unsigned char>(one) >> 4];
            left += hex[static_cast<unsigned char>(one) & 15U];
        }
    }
    if (left.size() > 160) left = left.substr(0, 160) + "+" + std::to_string(digest(left));
    return "<stint." + left + "@" + std::string(domain) + ">";
}

Notice read_notice(const json::object& params) {
    const json::value* value = params.if_contains("notice");
    if (value == nullptr || !value->is_object()) throw PluginError(Reason::invalid_params, "notice is missing");
    const json::object& object = value->get_object();
    Notice notice;
    notice.kind = sdk::required_text(object, "kind", 64);
    for (const char one : notice.kind) {
        if ((one < 'a' || one > 'z') && one != '_') bad("kind must be a word such as approval_wanted");
    }
    const json::value* request = object.if_contains("request");
    if (request == nullptr || !request->is_int64() || request->get_int64() < 0) bad("request must be a number");
    notice.request = request->get_int64();
    for (const json::value& item : list_of(object, "recipients")) {
        if (!item.is_object()) bad("recipients must hold tables");
        const json::object& person = item.get_object();
        notice.recipients.push_back({sdk::one_line(sdk::required_text(person, "login")), sdk::one_line(sdk::text_or(person, "name", "")),
                                     sdk::text_or(person, "mail", "")});
    }
    notice.subject = sdk::one_line(sdk::required_text(object, "subject"));
    notice.lines = lines_of(object, "lines");
    notice.commands = lines_of(object, "commands");
    notice.link = sdk::one_line(sdk::text_or(object, "link", ""));
    notice.sent_at = sdk::text_or(object, "sent_at", "", 64);
    return notice;
}

Message compose(const Notice& notice, std::string_view key, const Recipient& to, const Mailbox& from, std::string_view link_base) {
    const std::string domain(domain_of(from.address));
    const std::string request = std::to_string(notice.request);
    const std::string thread = "<stint.request." + request + "@" + domain + ">";
    std::string link = notice.link;
    if (link.empty() && !link_base.empty() && notice.request > 0) link = std::string(link_base) + "/r/" + request;
    Message message;
    message.to = to.mail;
    message.headers = {"From: " + to_header(from),
                       "To: " + to_header({to.name, to.mail}),
                       "Subject: " + header_text(notice.subject),
                       "Message-ID: " + message_id(key, domain),
                       "In-Reply-To: " + thread,
                       "References: " + thread,
                       "Auto-Submitted: auto-generated",
                       "X-Stint-Kind: " + notice.kind,
                       "Content-Type: multipart/alternative"};
    if (const std::string date = date_header(notice.sent_at); !date.empty()) message.headers.push_back(date);
    message.text = text_body(notice, link);
    message.html = html_body(notice, link);
    return message;
}

}  // namespace stint::notify_smtp
