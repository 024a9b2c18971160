// Standard error to the log; see the header. A plugin that floods it has its lines dropped first, and then has
// to wait in its own pipe.
#include "plugin_host/errors_log.hpp"

#include "log/log.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <utility>
#include <vector>

namespace stint::plugin_host {
namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t chunk_bytes = 16UL * 1024;
constexpr std::size_t bytes_per_second = 1024UL * 1024;
constexpr int last_chunks = 8;

}  // namespace

ErrorsLog::ErrorsLog(asio::any_io_executor executor, const std::string& plugin, Descriptor errors)
    : errors_(executor, errors.release()),
      pause_(executor),
      lines_([plugin](std::string_view line) { log::info("plugin.said", {{"plugin", plugin}, {"text", line}}); },
             [plugin](std::size_t count) {
                 log::warning("plugin.said_too_much", {{"plugin", plugin}, {"lines_dropped", static_cast<std::int64_t>(count)}});
             }) {}

void ErrorsLog::start() { asio::co_spawn(errors_.get_executor(), copy(shared_from_this()), asio::detached); }

asio::awaitable<void> ErrorsLog::copy(std::shared_ptr<ErrorsLog> self) {
    std::vector<char> chunk(chunk_bytes);  // not in the frame: GCC 12 warns of large ones
    boost::system::error_code code;
    auto window = steady_clock::now();
    std::size_t in_window = 0;
    while (!self->has_finished_) {
        const std::size_t size = co_await self->errors_.async_read_some(asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, code));
        if (code || self->has_finished_) co_return;
        const auto now = steady_clock::now();
        self->lines_.feed(std::string_view(chunk.data(), size), now);
        if (now - window >= std::chrono::seconds(1)) {
            window = now;
            in_window = 0;
        }
        in_window += size;
        if (in_window < bytes_per_second) continue;
        self->pause_.expires_at(window + std::chrono::seconds(1));
        co_await self->pause_.async_wait(asio::redirect_error(asio::use_awaitable, code));
    }
}

std::string ErrorsLog::finish() {
    if (!std::exchange(has_finished_, true)) {
        pause_.cancel();
        boost::system::error_code code;
        errors_.non_blocking(true, code);
        std::array<char, chunk_bytes> chunk;
        for (int left = last_chunks; left > 0 && !code; --left) {
            const std::size_t size = errors_.read_some(asio::buffer(chunk), code);
            lines_.feed(std::string_view(chunk.data(), size), steady_clock::now());
        }
        errors_.close(code);
        lines_.finish(steady_clock::now());
    }
    return log::escaped(lines_.last());
}

}  // namespace stint::plugin_host
