// Server-sent events (WHATWG HTML, section 9.2.6) from bytes as they come, bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stint::cli {

struct SseEvent {
    std::string id;    ///< the last one seen, also from earlier events
    std::string type;  ///< "message" when none was named
    std::string data;
};

class SseReader {
public:
    static constexpr std::size_t event_limit = 1024 * 1024;

    /// The events that became whole with these bytes. Throws BadResponse when a line or an event gets too long.
    [[nodiscard]] std::vector<SseEvent> feed(std::string_view bytes);
    /// The last id that came, with or without data; "" before the first.
    [[nodiscard]] const std::string& last_id() const noexcept { return told_id_; }

private:
    void end_line(std::vector<SseEvent>& events);
    void take_field(std::string_view name, std::string_view value);

    std::string line_, id_, told_id_, type_, data_;
    bool has_data_ = false, was_cr_ = false, is_first_line_ = true;
};

}  // namespace stint::cli
