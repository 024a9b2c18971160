// The key's digest is part of the file's name, so that a retry, even after a crash, finds its message there.
#include "plugins/notify-inbox/inbox.hpp"

#include "plugins/notify-inbox/message.hpp"
#include "plugins/sdk/settings.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace stint::notify_inbox {

namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;

namespace {

/// FNV-1a, 64 bit: tells keys of one broker apart, and is no secret.
std::string digest(std::string_view key) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char byte : key) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

/// 2026-11-22T23:42:08Z becomes 20261122T234208Z; nothing but letters, digits, `-`, `_` and `.` gets into a name.
std::string for_name(std::string_view text) {
    std::string name;
    for (const char byte : text) {
        const bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
        if (is_plain && name.size() < 64) name += byte;
    }
    return name;
}

void write_new(const std::filesystem::path& path, std::string_view text) {
    const std::string draft = path.string() + ".part";
    const int descriptor = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (descriptor < 0) throw PluginError(Reason::unreachable, draft + ": cannot be written: " + std::strerror(errno));
    const bool is_whole = ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!is_whole || ::rename(draft.c_str(), path.c_str()) != 0) {
        ::unlink(draft.c_str());
        throw PluginError(Reason::unreachable, path.string() + ": cannot be written whole; is the disk full?");
    }
}

}  // namespace

sdk::Identity Inbox::initialize(const json::object& settings, sdk::Notify) {
    sdk::refuse_unknown_keys(settings, {"folder"});
    folder_ = sdk::required_text(settings, "folder", 4096);
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) throw PluginError(Reason::invalid_params, folder_.string() + ": the folder cannot be made: " + error.message());
    return {"notify-inbox", STINT_VERSION, "notify", {}};
}

json::object Inbox::deliver(const json::object& params) {
    const std::string key = sdk::required_text(params, "key", 256);
    const json::value* value = params.if_contains("notice");
    if (value == nullptr || !value->is_object()) throw PluginError(Reason::invalid_params, "`notice` is missing");
    const json::object& notice = value->get_object();
    const std::string mark = digest(key);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
        const std::string name = entry.path().filename().string();
        if (name.find(mark) != std::string::npos && !name.ends_with(".part")) return {};
    }
    if (error) throw PluginError(Reason::unreachable, folder_.string() + ": cannot be read: " + error.message());
    const std::string name = for_name(sdk::required_text(notice, "sent_at")) + "-" + for_name(sdk::required_text(notice, "kind")) + "-" + mark + ".txt";
    write_new(folder_ / name, compose(notice));
    return {};
}

boost::asio::awaitable<json::object> Inbox::call(std::string_view method, json::object params) {
    if (method == "deliver") co_return deliver(params);
    throw PluginError(Reason::unknown_method, "an inbox has no such method");
}

}  // namespace stint::notify_inbox
