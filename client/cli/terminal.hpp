// Standard error, where everything goes that is for people: messages, and the one line that counts down while waiting.
// The only file that moves a cursor.
#pragma once

#include "client/cli/poll.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stint::cli {

/// Columns of the terminal: $COLUMNS, else what the terminal on `fd` says; nothing when it is none.
[[nodiscard]] std::optional<std::size_t> columns_of(int fd);

class Terminal {
public:
    Terminal();
    ~Terminal() { clear(); }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    /// Whole lines, escaped by the caller where they hold foreign text.
    void message(std::string_view lines);
    /// On a terminal: redraws the live line, once a second at most. Elsewhere, with NO_COLOR or TERM=dumb: a plain line,
    /// and only when `sentence` is another than before. `countdown` is for the live line alone. Both are escaped here.
    void status(std::string_view sentence, std::string_view countdown);
    /// Takes the live line away.
    void clear();
    /// Bold where that can be seen.
    [[nodiscard]] std::string loud(std::string_view text) const;
    [[nodiscard]] bool is_live() const noexcept { return is_live_; }

private:
    bool is_live_ = false, has_line_ = false;
    std::string sentence_;
    Clock::time_point drawn_at_{};
};

}  // namespace stint::cli
