// Reads secrets from systemd's credentials folder or from a file that is closed to everybody else. Never puts a
// secret, or a byte of one, into a message.
#include "plugins/sdk/secret.hpp"

#include "plugins/sdk/descriptor.hpp"
#include "plugins/sdk/plugin.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace stint::sdk {
namespace {

constexpr std::size_t max_secret_bytes = 64 * 1024;

std::string& named_folder() {
    static std::string folder;
    return folder;
}

[[noreturn]] void bad(const std::string& message) { throw PluginError(Reason::invalid_params, message); }

std::string text_setting(const boost::json::object& settings, const std::string& key) {
    const boost::json::value* value = settings.if_contains(key);
    if (value == nullptr) return {};
    if (!value->is_string() || value->get_string().empty()) bad(key + " must be text that is not empty");
    std::string text(value->get_string());
    if (text.find('\0') != std::string::npos) bad(key + " holds a zero byte");
    return text;
}

std::string read_whole(const std::string& path, bool must_be_closed) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) bad("cannot read the secret in " + path + ": " + std::strerror(errno));
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) bad(path + " is not a regular file");
    if (must_be_closed) {
        if (status.st_uid != 0 && status.st_uid != ::geteuid())
            bad(path + " belongs to user id " + std::to_string(status.st_uid) + "; a secret must belong to root or to the plugin's user");
        if ((status.st_mode & 077) != 0) bad(path + " can be read by others; run: chmod 0600 " + path);
    }
    std::string secret;
    char buffer[4096];
    for (;;) {
        const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) bad("cannot read the secret in " + path + ": " + std::strerror(errno));
        if (count == 0) break;
        secret.append(buffer, static_cast<std::size_t>(count));
        if (secret.size() > max_secret_bytes) bad(path + " is longer than a secret can be (64 KiB)");
    }
    if (secret.ends_with('\n')) secret.pop_back();
    // An empty password is an anonymous bind to many a server: never what was meant.
    if (secret.empty()) bad("the secret in " + path + " is empty");
    if (secret.find('\0') != std::string::npos) bad("the secret in " + path + " holds a zero byte");
    return secret;
}

}  // namespace

void set_secrets_folder(std::string folder) { named_folder() = std::move(folder); }

std::string read_secret(const boost::json::object& settings, std::string_view key) {
    const std::string credential_key = std::string(key) + "_credential";
    const std::string file_key = std::string(key) + "_file";
    const std::string credential = text_setting(settings, credential_key);
    const std::string file = text_setting(settings, file_key);
    if (!credential.empty() && !file.empty()) bad("set " + credential_key + " or " + file_key + ", not both");
    if (!file.empty()) {
        if (!file.starts_with('/')) bad(file_key + " must be an absolute path");
        return read_whole(file, true);
    }
    if (credential.empty()) return {};
    if (credential.find('/') != std::string::npos || credential == "." || credential == "..")
        bad(credential_key + " must be the plain name of a credential, not a path");
    const char* environment = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT: no other thread changes the environment
    const std::string folder = environment != nullptr && *environment != '\0' ? environment : named_folder();
    if (folder.empty())
        bad(credential_key +
            " needs systemd's credentials folder, and $CREDENTIALS_DIRECTORY is not set; add LoadCredential= to the unit, or use " +
            file_key);
    return read_whole(folder + "/" + credential, false);
}

}  // namespace stint::sdk
