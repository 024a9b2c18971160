// The client's configuration file has one key. It is read only when neither flag nor environment have said it.
#include "client/cli/settings.hpp"

#include "client/cli/nearest.hpp"
#include "client/cli/trouble.hpp"

#include <toml++/toml.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace stint::cli {
namespace {

constexpr std::size_t file_limit = 64 * 1024;
constexpr const char* default_socket = "/run/stint/stint.sock";

std::optional<std::string> environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

[[noreturn]] void fail(const std::string& where, const std::string& what, std::string advice = "Mend the file, or name the socket with --socket.") {
    throw Trouble(ExitCode::usage, "configuration", where + ": " + what, std::move(advice));
}

/// The system's file may be closed to some: to them it is not there. One's own that cannot be read is a mistake.
enum class Owner { user, system };

/// nullopt when there is no such file.
std::optional<std::string> content_of(const std::string& path, Owner owner) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        if (errno == ENOENT || errno == ENOTDIR || (errno == EACCES && owner == Owner::system)) return std::nullopt;
        fail(path, "cannot be read: " + std::generic_category().message(errno) + ".");
    }
    std::string content;
    std::array<char, 4096> buffer;
    ssize_t got = 0;
    while (content.size() <= file_limit && (got = ::read(fd, buffer.data(), buffer.size())) > 0)
        content.append(buffer.data(), static_cast<std::size_t>(got));
    const int error = got < 0 ? errno : 0;
    ::close(fd);
    if (error != 0) fail(path, "cannot be read: " + std::generic_category().message(error) + ".");
    if (content.size() > file_limit) fail(path, "is longer than 64 KiB.");
    return content;
}

std::optional<std::string> socket_in(const std::string& path, Owner owner) {
    const auto content = path.empty() ? std::nullopt : content_of(path, owner);
    if (!content) return std::nullopt;
    try {
        const toml::table table = toml::parse(*content, path);
        static constexpr std::array<std::string_view, 1> keys{"socket"};
        std::optional<std::string> socket;
        for (const auto& [key, node] : table) {
            const std::string where = path + ":" + std::to_string(key.source().begin.line);
            if (key.str() != "socket")
                fail(where, "there is no key `" + std::string(key.str()) + "`" + did_you_mean(key.str(), keys) + ".", "The one key is `socket`.");
            socket = node.value_exact<std::string>();
            if (!socket || !socket->starts_with('/')) fail(where, "`socket` is no absolute path.");
        }
        return socket;
    } catch (const toml::parse_error& error) {
        fail(path + ":" + std::to_string(error.source().begin.line), std::string(error.description()) + ".");
    }
}

}  // namespace

SettingsPlaces settings_places(std::optional<std::string> flag) {
    if (flag && flag->empty()) throw usage_trouble("What follows --socket is empty.", "Name the broker's socket, or leave --socket out.");
    SettingsPlaces places{std::move(flag), environment("STINT_SOCKET"), "", "/etc/stint/client.toml"};
    if (!places.flag && !places.environment && environment("STINT_SERVER"))
        throw usage_trouble("STINT_SERVER is set, but a remote broker is not there yet in this version.",
                            "Unset it, or name a local socket with --socket or STINT_SOCKET.");
    // The XDG base directory specification: a relative path is to be ignored.
    if (const auto folder = environment("XDG_CONFIG_HOME"); folder && folder->starts_with('/')) {
        places.user_file = *folder + "/stint/config.toml";
    } else if (const auto home = environment("HOME"); home && home->starts_with('/')) {
        places.user_file = *home + "/.config/stint/config.toml";
    }
    return places;
}

std::string choose_socket(const SettingsPlaces& places) {
    if (places.flag) return *places.flag;
    if (places.environment) return *places.environment;
    if (const auto socket = socket_in(places.user_file, Owner::user)) return *socket;
    if (const auto socket = socket_in(places.system_file, Owner::system)) return *socket;
    return default_socket;
}

}  // namespace stint::cli
