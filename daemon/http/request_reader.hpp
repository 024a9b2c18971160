// Bytes in, requests out: HTTP/1.1 framing with every bound held, and no I/O. The session feeds it what came from
// the socket; the tests and the fuzzer feed it anything.
#pragma once

#include "http/exchange.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace stint::http {

struct RequestLimits {
    std::size_t header_bytes = 8 * 1024;   ///< request line and fields
    std::size_t target_bytes = 1024;
    std::size_t body_bytes = 16 * 1024;    ///< after chunks were put together
    std::size_t framing_bytes = 64 * 1024; ///< a chunked body as it travels
};

class RequestReader {
public:
    enum class State {
        idle,     ///< nothing of a request has come
        header,   ///< a part of one
        body,     ///< the whole header, not the whole body
        whole,    ///< `take` it
        refused,  ///< `refusal` says why; nothing more can be read from this connection
    };

    explicit RequestReader(RequestLimits limits = {});
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    /// Takes bytes. What comes after the end of a request is kept for the next one (pipelining); so do not feed
    /// while one is whole.
    void feed(std::string_view bytes);
    [[nodiscard]] State state() const noexcept { return state_; }
    /// Once per request, when its sender waits for 100 Continue.
    [[nodiscard]] bool take_continue() noexcept;
    /// The request; the reader then goes on with what has come already.
    [[nodiscard]] Request take();
    [[nodiscard]] const Answer& refusal() const noexcept { return refusal_; }

private:
    struct Parser;
    void start();
    void advance();
    bool parse_some();
    bool take_header();
    void refuse(Answer answer);

    RequestLimits limits_;
    std::unique_ptr<Parser> parser_;
    std::string pending_;         ///< came, not parsed yet
    std::size_t header_ = 0;      ///< bytes of this request's header so far
    std::size_t framing_ = 0;     ///< bytes of its body so far, as they travelled
    State state_ = State::idle;
    Request request_;             ///< its fields as the header told them: trailers change nothing
    bool is_chunked_ = false;
    bool must_continue_ = false;
    Answer refusal_;
};

}  // namespace stint::http
