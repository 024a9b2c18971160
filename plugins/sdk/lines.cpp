// Newline framing with a limit; see lines.hpp.
#include "plugins/sdk/lines.hpp"

namespace stint::sdk {

void LineReader::end_of_line(std::string_view rest) {
    if (is_skipping_) {
        is_skipping_ = false;
        return;
    }
    if (partial_.size() + rest.size() > limit_) {
        partial_.clear();
        on_too_long_();
        return;
    }
    if (partial_.empty()) {
        on_line_(rest);
        return;
    }
    partial_.append(rest);
    const std::string line = std::move(partial_);
    partial_ = {};
    on_line_(line);
}

void LineReader::feed(std::string_view bytes) {
    for (;;) {
        const std::size_t newline = bytes.find('\n');
        if (newline == std::string_view::npos) break;
        end_of_line(bytes.substr(0, newline));
        bytes.remove_prefix(newline + 1);
    }
    if (is_skipping_ || bytes.empty()) return;
    if (partial_.size() + bytes.size() > limit_) {
        partial_ = {};
        is_skipping_ = true;
        on_too_long_();
        return;
    }
    partial_.append(bytes);
}

}  // namespace stint::sdk
