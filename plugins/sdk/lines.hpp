// Cuts a stream of bytes into lines of bounded length. A line that is too long is reported once and skipped up to
// its end, so that one bad line costs one call and no memory. Knows nothing of JSON.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace stint::sdk {

/// No line of the protocol is longer, the newline not counted.
inline constexpr std::size_t max_line_bytes = 1024 * 1024;

class LineReader {
public:
    using OnLine = std::function<void(std::string_view line)>;
    using OnTooLong = std::function<void()>;

    LineReader(OnLine on_line, OnTooLong on_too_long, std::size_t limit = max_line_bytes)
        : on_line_(std::move(on_line)), on_too_long_(std::move(on_too_long)), limit_(limit) {}

    /// Takes the next bytes and calls back for every line they complete. A line's text lives until the callback returns.
    void feed(std::string_view bytes);

private:
    void end_of_line(std::string_view rest);

    OnLine on_line_;
    OnTooLong on_too_long_;
    std::size_t limit_;
    std::string partial_;
    bool is_skipping_ = false;
};

}  // namespace stint::sdk
