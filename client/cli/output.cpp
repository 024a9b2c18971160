// Buffered by hand, for the errors that streams swallow.
#include "client/cli/output.hpp"

#include "client/cli/poll.hpp"
#include "client/cli/trouble.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace stint::cli {
namespace {

constexpr std::size_t enough = 64 * 1024;

[[noreturn]] void fail(int error) {
    throw Trouble(ExitCode::unexpected, "output_failed",
                  "Standard output takes no more: " + std::generic_category().message(error) + ".",
                  "What was printed is not whole. The broker may have done what was asked: `stint list` tells.");
}

/// Terminals obey the controls above ASCII too, and the bidirectional ones reorder what is read. JSON's writer
/// escapes those below a space only. Returns the bytes of the character when it is such a one, else 0.
std::size_t obeyed_bytes(std::string_view text, unsigned& point) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
    if (byte(0) == 0x7F) return point = 0x7F, 1;
    if (text.size() >= 2 && (byte(0) & 0xE0U) == 0xC0U) {
        point = (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
        return (point >= 0x80 && point <= 0x9F) || point == 0x061C ? 2 : 0;
    }
    if (text.size() < 3 || (byte(0) & 0xF0U) != 0xE0U) return 0;
    point = (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    const bool is_obeyed = point == 0x200E || point == 0x200F || (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
    return is_obeyed ? 3 : 0;
}

}  // namespace

std::string json_line(const boost::json::object& object) {
    const std::string plain = boost::json::serialize(object);
    std::string line;
    line.reserve(plain.size() + 1);
    for (std::string_view left = plain; !left.empty();) {
        unsigned point = 0;
        const std::size_t bytes = obeyed_bytes(left, point);
        if (bytes == 0) {
            line += left.front();
            left.remove_prefix(1);
            continue;
        }
        std::array<char, 8> escape{};
        std::snprintf(escape.data(), escape.size(), "\\u%04x", point);
        line += escape.data();
        left.remove_prefix(bytes);
    }
    return line += '\n';
}

void Output::data(std::string_view text) {
    waiting_ += text;
    if (waiting_.size() >= enough) flush();
}

void Output::json(boost::json::object object) {
    if (!object.contains("schema_version")) {
        boost::json::object whole{{"schema_version", 1}};
        for (auto& [key, value] : object) whole.emplace(key, std::move(value));
        object = std::move(whole);
    }
    data(json_line(object));
}

void Output::flush() {
    const std::string text = std::exchange(waiting_, {});
    for (std::string_view left = text; !left.empty();) {
        const ssize_t written = ::write(STDOUT_FILENO, left.data(), left.size());
        if (written >= 0) {
            left.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            std::array fds{pollfd{STDOUT_FILENO, POLLOUT, 0}};
            wait_for(fds, Clock::now() + std::chrono::hours{1});
        } else if (errno != EINTR) {
            fail(errno);
        }
    }
}

void Output::close() {
    flush();
    const int copy = ::dup(STDOUT_FILENO);
    if (copy >= 0 && ::close(copy) != 0 && errno != EINTR) fail(errno);
}

}  // namespace stint::cli
