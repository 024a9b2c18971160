// Reading one HTTP/1.1 response from bytes as they come, bounded. A wrapper that keeps Beast out of every other file.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace stint::cli {

/// What came is no HTTP response, or larger than it may be.
struct BadResponse : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class HttpResponse {
public:
    enum class Body { bounded, endless };
    static constexpr std::size_t body_limit = 8 * 1024 * 1024;
    static constexpr std::size_t head_limit = 16 * 1024;

    explicit HttpResponse(Body body = Body::bounded);
    ~HttpResponse();
    HttpResponse(HttpResponse&&) noexcept;
    HttpResponse& operator=(HttpResponse&&) noexcept;

    /// Throws BadResponse. What comes after the response's end is not looked at.
    void feed(std::string_view bytes);
    /// The connection has ended; which may be how the body ends. Throws BadResponse when the head never came whole.
    void finish();

    [[nodiscard]] bool has_head() const;
    [[nodiscard]] bool is_whole() const;
    [[nodiscard]] int status() const;
    /// Lower case, without parameters.
    [[nodiscard]] std::string content_type() const;
    /// What has come of the body since the last call.
    [[nodiscard]] std::string take_body();

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace stint::cli
