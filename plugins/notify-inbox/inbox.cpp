// The key's digest is part of the file's name, so that a retry, even after a crash, finds its message there; the key
// itself stands in the message and decides.
#include "plugins/notify-inbox/inbox.hpp"

#include "plugins/notify-inbox/message.hpp"
#include "plugins/sdk/file.hpp"
#include "plugins/sdk/plain_line.hpp"
#include "plugins/sdk/settings.hpp"

#include <cstdio>
#include <string_view>
#include <system_error>

namespace stint::notify_inbox {

namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;

namespace {

constexpr std::size_t largest_message = 8 * 1024 * 1024;
constexpr std::size_t digest_length = 16;
constexpr std::string_view ending = ".txt";
constexpr int most_alike = 9;

/// FNV-1a, 64 bit. Two keys that share one get two files all the same.
std::string digest(std::string_view key) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char byte : key) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
    char text[digest_length + 1];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

/// 2026-11-22T23:42:08Z becomes 20261122T234208Z; nothing but letters, digits and `_` gets into a name.
std::string for_name(std::string_view text) {
    std::string name;
    for (const char byte : text) {
        const bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
        if (is_plain && name.size() < 64) name += byte;
    }
    return name;
}

}  // namespace

sdk::Identity Inbox::initialize(const json::object& settings, sdk::Notify) {
    sdk::refuse_unknown_keys(settings, {"folder"});
    folder_ = std::filesystem::absolute(sdk::required_text(settings, "folder", 4096));
    return {"notify-inbox", STINT_VERSION, "notify", {}};
}

void Inbox::read_names() {
    if (has_names_) return;
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) throw PluginError(Reason::unreachable, folder_.string() + ": the folder cannot be made: " + error.message());
    names_.clear();
    std::filesystem::directory_iterator entry(folder_, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with('.') || !name.ends_with(ending)) continue;
        const std::size_t dash = name.rfind('-');
        if (dash != std::string::npos && name.size() > dash + digest_length) names_.emplace(name.substr(dash + 1, digest_length), name);
    }
    if (error) throw PluginError(Reason::unreachable, folder_.string() + ": cannot be read: " + error.message());
    has_names_ = true;
}

bool Inbox::is_there(const std::string& mark, const std::string& key) const {
    const auto [begin, end] = names_.equal_range(mark);
    for (auto known = begin; known != end; ++known) {
        try {
            const std::string text = sdk::read_file(folder_ / known->second, largest_message).text;
            if (text.find("\n" + key_header(key)) < text.find("\n\n")) return true;
        } catch (const sdk::FileTrouble&) {
            return true;  // it was there: somebody has read it and put it away
        }
    }
    return false;
}

json::object Inbox::deliver(const json::object& params) {
    const std::string key = sdk::required_text(params, "key", 256);
    if (sdk::one_line(key) != key) throw PluginError(Reason::invalid_params, "key holds a character that cannot be printed");
    const json::value* value = params.if_contains("notice");
    if (value == nullptr || !value->is_object()) throw PluginError(Reason::invalid_params, "notice is missing");
    const json::object& notice = value->get_object();
    const std::string text = compose(notice, key);
    const std::string start = for_name(sdk::required_text(notice, "sent_at")) + "-" + for_name(sdk::required_text(notice, "kind")) + "-";
    const std::string mark = digest(key);
    try {
        read_names();
        if (is_there(mark, key)) return {};
        for (int number = 1; number <= most_alike; ++number) {
            const std::string name = start + mark + (number == 1 ? "" : "_" + std::to_string(number)) + std::string(ending);
            if (!sdk::create_file(folder_ / name, text, 0640)) continue;
            names_.emplace(mark, name);
            return {};
        }
    } catch (const sdk::FileTrouble& trouble) {
        has_names_ = false;  // the folder may have been replaced
        throw PluginError(trouble.may_be_done() ? Reason::unknown_outcome : Reason::unreachable, trouble.what());
    }
    throw PluginError(Reason::refused, folder_.string() + ": too many messages by this name are there");
}

boost::asio::awaitable<json::object> Inbox::call(std::string_view method, json::object params) {
    if (method == "deliver") co_return deliver(params);
    throw PluginError(Reason::unknown_method, "a channel for notices has no such method");
}

}  // namespace stint::notify_inbox
