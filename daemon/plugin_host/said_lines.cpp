// Lines of a plugin's standard error, bounded; see the header.
#include "plugin_host/said_lines.hpp"

#include <utility>

namespace stint::plugin_host {

void SaidLines::feed(std::string_view bytes, Time now) {
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        add(bytes.substr(0, end));
        if (end == std::string_view::npos) return;
        end_line(now);
        bytes.remove_prefix(end + 1);
    }
}

void SaidLines::finish(Time now) {
    if (!unfinished_.empty()) end_line(now);
    if (dropped_count_ > 0) dropped_(std::exchange(dropped_count_, 0));
}

void SaidLines::add(std::string_view part) {
    const std::size_t room = max_line - unfinished_.size();
    unfinished_.append(part.substr(0, room));
}

void SaidLines::end_line(Time now) {
    if (unfinished_.ends_with('\r')) unfinished_.pop_back();
    if (unfinished_.empty()) return;
    last_ = std::exchange(unfinished_, {});
    if (now - window_ >= std::chrono::seconds(1)) {
        window_ = now;
        in_window_ = 0;
        if (dropped_count_ > 0) dropped_(std::exchange(dropped_count_, 0));
    }
    if (++in_window_ > lines_per_second) {
        ++dropped_count_;
        return;
    }
    line_(last_);
}

}  // namespace stint::plugin_host
