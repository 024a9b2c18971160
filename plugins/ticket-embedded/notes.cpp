// Under flock: read what others appended, look for the key, append one line, fsync. See notes.hpp.
#include "plugins/ticket-embedded/notes.hpp"

#include "daemon/core/time.hpp"
#include "daemon/wire/json.hpp"
#include "plugins/sdk/descriptor.hpp"
#include "plugins/sdk/plugin.hpp"

#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>

namespace stint::ticket_embedded {

namespace json = boost::json;
using sdk::PluginError;
using sdk::Reason;

namespace {

constexpr off_t largest_file = off_t{256} * 1024 * 1024;
constexpr wire::JsonLimits line_limits{.bytes = 64 * 1024, .depth = 4};

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what, Reason reason = Reason::unreachable) {
    throw PluginError(reason, path.string() + ": " + what);
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

}  // namespace

void Notes::read_keys(int descriptor, off_t size) {
    std::string text(static_cast<std::size_t>(size - read_up_to_), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const ssize_t count = ::pread(descriptor, text.data() + have, text.size() - have, read_up_to_ + static_cast<off_t>(have));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) fail(path_, "cannot be read");
        have += static_cast<std::size_t>(count);
    }
    std::string_view rest(text);
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        try {
            const json::value note = wire::parse_json(rest.substr(0, end), line_limits);
            if (note.is_object() && note.get_object().contains("key")) keys_.emplace(note.at("key").as_string());
        } catch (const std::exception&) {  // a line cut short by a crash, or edited by hand: no note of ours
        }
        rest.remove_prefix(end + 1);
        read_up_to_ += static_cast<off_t>(end + 1);
    }
}

void Notes::append(const std::string& ticket, const std::string& text, const std::string& key) {
    const sdk::Descriptor file(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640));
    if (file.get() < 0) fail(path_, std::string("cannot be opened: ") + std::strerror(errno));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) fail(path_, "another program holds it at the moment; nothing was written", Reason::busy);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) fail(path_, "is not a regular file");
    if (status.st_size > largest_file) fail(path_, "is larger than 256 MiB; move it away");
    if (status.st_ino != inode_ || status.st_size < read_up_to_) {  // another file than the one we know
        keys_.clear();
        read_up_to_ = 0;
        inode_ = status.st_ino;
    }
    read_keys(file.get(), status.st_size);
    if (keys_.count(key) != 0) return;
    const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    std::string line = read_up_to_ == status.st_size ? "" : "\n";  // a line cut short stays a line of its own
    line += json::serialize(json::object{{"at", to_rfc3339(now)}, {"ticket", ticket}, {"text", text}, {"key", key}}) + "\n";
    if (!write_all(file.get(), line) || ::fsync(file.get()) != 0) {
        const int error = errno;
        if (::ftruncate(file.get(), status.st_size) == 0 && ::fsync(file.get()) == 0)
            fail(path_, std::string("cannot be written: ") + std::strerror(error));
        fail(path_, std::string("the note may stand there in part: ") + std::strerror(error), Reason::unknown_outcome);
    }
    keys_.insert(key);
    read_up_to_ = status.st_size + static_cast<off_t>(line.size());
}

}  // namespace stint::ticket_embedded
