// Each write is one write(2), so that lines of several programs do not mix. What standard error does not take is lost:
// there is nowhere left to say so.
#include "client/cli/terminal.hpp"

#include "client/cli/table.hpp"
#include "log/log.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace stint::cli {
namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

void write_error(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

}  // namespace

std::optional<std::size_t> columns_of(int fd) {
    if (const char* text = std::getenv("COLUMNS"); text != nullptr) {
        std::size_t columns = 0;
        const char* end = text + std::strlen(text);
        const auto [stop, error] = std::from_chars(text, end, columns);
        if (error == std::errc{} && stop == end && columns > 0) return columns;
    }
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return std::nullopt;
}

Terminal::Terminal() {
    const char* term = std::getenv("TERM");
    const bool is_dumb = term == nullptr || *term == '\0' || std::strcmp(term, "dumb") == 0;
    is_live_ = ::isatty(STDERR_FILENO) == 1 && !is_dumb && !is_set("NO_COLOR");
}

void Terminal::message(std::string_view lines) {
    std::string text = has_line_ ? std::string(erase_line) : std::string{};
    has_line_ = false;
    drawn_at_ = {};
    write_error(text.append(lines));
}

void Terminal::status(std::string_view sentence, std::string_view countdown) {
    const bool is_new = sentence != sentence_;
    sentence_ = sentence;
    if (!is_live_) {
        if (is_new) write_error(log::escaped(sentence) + "\n");
        return;
    }
    if (!is_new && Clock::now() - drawn_at_ < std::chrono::milliseconds{950}) return;
    drawn_at_ = Clock::now();
    std::string line = log::escaped(sentence);
    if (!countdown.empty()) line += "; " + log::escaped(countdown);
    // One column stays free: a full line would wrap on some terminals and leave its first half behind.
    const std::size_t columns = columns_of(STDERR_FILENO).value_or(80);
    has_line_ = true;
    write_error(std::string(erase_line) + truncated(line, columns > 1 ? columns - 1 : 1));
}

void Terminal::clear() {
    if (has_line_) write_error(erase_line);
    has_line_ = false;
}

std::string Terminal::loud(std::string_view text) const {
    return is_live_ ? "\x1b[1m" + std::string(text) + "\x1b[0m" : std::string(text);
}

}  // namespace stint::cli
