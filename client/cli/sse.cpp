// The line rules of the standard: LF, CR and CRLF end a line, an empty one ends an event, an event without data is none.
#include "client/cli/sse.hpp"

#include "client/cli/http_response.hpp"

#include <utility>

namespace stint::cli {

std::vector<SseEvent> SseReader::feed(std::string_view bytes) {
    std::vector<SseEvent> events;
    for (const char byte : bytes) {
        const bool is_lf_of_crlf = byte == '\n' && std::exchange(was_cr_, false);
        if (is_lf_of_crlf) continue;
        was_cr_ = byte == '\r';
        if (byte == '\n' || byte == '\r') {
            end_line(events);
            continue;
        }
        if (line_.size() + data_.size() >= event_limit) throw BadResponse("an event in its stream is longer than it may be");
        line_ += byte;
    }
    return events;
}

void SseReader::end_line(std::vector<SseEvent>& events) {
    std::string line = std::exchange(line_, {});
    if (std::exchange(is_first_line_, false) && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (line.empty()) {
        told_id_ = id_;
        if (std::exchange(has_data_, false)) {
            data_.pop_back();  // the last line break belongs to no line
            events.push_back({id_, type_.empty() ? "message" : type_, std::exchange(data_, {})});
        }
        type_.clear();
        return;
    }
    const std::size_t colon = line.find(':');
    if (colon == 0) return;  // a comment: a sign of life
    std::string_view value = colon == std::string::npos ? std::string_view{} : std::string_view(line).substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(std::string_view(line).substr(0, colon), value);
}

void SseReader::take_field(std::string_view name, std::string_view value) {
    if (name == "data") {
        data_.append(value).append("\n");
        has_data_ = true;
    } else if (name == "event") {
        type_ = value;
    } else if (name == "id" && value.find('\0') == std::string_view::npos) {
        id_ = value;
    }
}

}  // namespace stint::cli
