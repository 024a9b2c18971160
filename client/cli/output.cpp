// Buffered by hand, for the errors that streams swallow.
#include "client/cli/output.hpp"

#include "client/cli/poll.hpp"
#include "client/cli/trouble.hpp"
#include "log/characters.hpp"

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

/// As JSON writes what is above U+FFFF: two halves.
void append_escape(std::string& line, char32_t point) {
    const auto put = [&line](unsigned unit) {
        std::array<char, 12> escape{};
        std::snprintf(escape.data(), escape.size(), "\\u%04x", unit);
        line += escape.data();
    };
    if (point < 0x10000) return put(static_cast<unsigned>(point));
    const auto rest = static_cast<unsigned>(point) - 0x10000U;
    put(0xD800U + (rest >> 10U));
    put(0xDC00U + (rest & 0x3FFU));
}

}  // namespace

std::string json_line(const boost::json::object& object) {
    const std::string plain = boost::json::serialize(object);
    std::string line;
    line.reserve(plain.size() + 1);
    // JSON's writer escapes what is below a space only, and passes on bytes that are no UTF-8.
    for (std::string_view left = plain; !left.empty();) {
        const log::Character next = log::first_character(left);
        if (!next.is_valid) append_escape(line, 0xFFFD);
        else if (log::is_dangerous(next.point)) append_escape(line, next.point);
        else line += left.substr(0, next.length);
        left.remove_prefix(next.length);
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
