// Answers as bytes.
#pragma once

#include "http/exchange.hpp"

#include <string>
#include <string_view>

namespace stint::http {

/// The whole answer; without its body for HEAD. `stays`: the connection may be used again.
[[nodiscard]] std::string to_bytes(const Answer& answer, const Request& to, bool stays);
/// The head of an endless text/event-stream; chunked in HTTP/1.1, up to the connection's end in HTTP/1.0.
[[nodiscard]] std::string stream_head(const Request& to);
/// A piece of the stream; the empty one ends it.
[[nodiscard]] std::string stream_piece(std::string_view text, const Request& to);

}  // namespace stint::http
