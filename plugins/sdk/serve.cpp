// The loop on standard input and output: reads bytes, hands lines to the Dispatcher, writes answers in order. Stops
// reading while the broker does not take its answers, so memory stays bounded. Knows no method of the protocol.
#include "plugins/sdk/dispatch.hpp"
#include "plugins/sdk/lines.hpp"
#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/stderr_log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>

namespace stint::sdk {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Past this much unsent, no further request is read; notifications are dropped.
constexpr std::size_t max_unsent_bytes = 4 * 1024 * 1024;
/// How long the end waits for the last answers to leave and for cancelled calls to come to rest.
constexpr auto end_limit = 1s;

/// Asio makes the descriptors non-blocking, a flag that is shared with whoever gave them to us (a terminal's shell).
class KeepFlags {
public:
    KeepFlags() : in_(::fcntl(STDIN_FILENO, F_GETFL)), out_(::fcntl(STDOUT_FILENO, F_GETFL)) {}
    ~KeepFlags() {
        if (in_ >= 0) ::fcntl(STDIN_FILENO, F_SETFL, in_);
        if (out_ >= 0) ::fcntl(STDOUT_FILENO, F_SETFL, out_);
    }
    KeepFlags(const KeepFlags&) = delete;
    KeepFlags& operator=(const KeepFlags&) = delete;

private:
    int in_;
    int out_;
};

/// Shared with the coroutines, which may outlive `serve` inside the io_context.
class Loop : public std::enable_shared_from_this<Loop> {
public:
    explicit Loop(asio::io_context& io)
        : io_(io), in_(io, STDIN_FILENO), out_(io, STDOUT_FILENO), written_(io), has_output_(io), pause_(io) {
        written_.expires_at(asio::steady_timer::time_point::max());
        has_output_.expires_at(asio::steady_timer::time_point::max());
    }

    void start(Plugin& plugin) {
        dispatcher_ = std::make_shared<Dispatcher>(
            io_.get_executor(), plugin, [this](std::string line) { send(line); }, [this](std::string line) { send_notification(line); },
            [this] { end(0); });
        asio::co_spawn(io_, write_all(shared_from_this()), asio::detached);
        asio::co_spawn(io_, read_all(shared_from_this()), asio::detached);
    }

    /// Leaves descriptors 0 and 1 open; from here on nothing is read or written.
    int leave() {
        dispatcher_->stop();
        in_.release();
        out_.release();
        return status_;
    }

    void end(int status) {
        if (is_ending_) return;
        is_ending_ = true;
        status_ = status;
        dispatcher_->stop();
        boost::system::error_code ignored;
        in_.cancel(ignored);
        written_.cancel();
        asio::co_spawn(io_, come_to_rest(shared_from_this()), asio::detached);
    }

private:
    void send(const std::string& line) {
        unsent_ += line;
        has_output_.cancel();
    }

    void send_notification(const std::string& line) {
        if (unsent_.size() <= max_unsent_bytes) {
            send(line);
            has_dropped_ = false;
        } else if (!has_dropped_) {
            has_dropped_ = true;
            log_line("the broker does not read; notifications are being dropped");
        }
    }

    [[nodiscard]] bool is_flushed() const { return unsent_.empty() && !is_writing_; }

    static asio::awaitable<void> read_all(std::shared_ptr<Loop> self) {
        LineReader lines(
            [loop = self.get()](std::string_view line) {
                if (!loop->is_ending_) loop->dispatcher_->line(line);
            },
            [loop = self.get()] { loop->dispatcher_->line_too_long(); });
        auto buffer = std::make_unique<std::array<char, 65536>>();
        while (!self->is_ending_) {
            boost::system::error_code error;
            const auto space = asio::buffer(*buffer);
            auto token = asio::redirect_error(asio::use_awaitable, error);
            const std::size_t count = co_await self->in_.async_read_some(space, token);
            if (self->is_ending_) co_return;
            if (error) {
                if (error != asio::error::eof) log_line("standard input ended: " + error.message());
                self->end(error == asio::error::eof || error == asio::error::connection_reset ? 0 : 1);
                co_return;
            }
            lines.feed(std::string_view(buffer->data(), count));
            while (self->unsent_.size() > max_unsent_bytes && !self->is_ending_) {
                boost::system::error_code woken;
                auto wait = asio::redirect_error(asio::use_awaitable, woken);
                co_await self->written_.async_wait(wait);
            }
        }
    }

    static asio::awaitable<void> write_all(std::shared_ptr<Loop> self) {
        std::string batch;
        for (;;) {
            boost::system::error_code error;
            auto token = asio::redirect_error(asio::use_awaitable, error);
            if (self->unsent_.empty()) {
                co_await self->has_output_.async_wait(token);
                continue;
            }
            batch.clear();
            batch.swap(self->unsent_);
            self->is_writing_ = true;
            const auto bytes = asio::buffer(batch);
            co_await asio::async_write(self->out_, bytes, token);
            self->is_writing_ = false;
            if (error) {  // nobody is left to answer to
                if (error != asio::error::broken_pipe) log_line("standard output cannot be written: " + error.message());
                self->unsent_.clear();
                self->end(error == asio::error::broken_pipe || error == asio::error::connection_reset ? 0 : 1);
                co_return;
            }
            self->written_.cancel();
        }
    }

    static asio::awaitable<void> come_to_rest(std::shared_ptr<Loop> self) {
        const auto limit = std::chrono::steady_clock::now() + end_limit;
        while ((!self->is_flushed() || self->dispatcher_->in_flight() > 0) && std::chrono::steady_clock::now() < limit) {
            boost::system::error_code ignored;
            self->pause_.expires_after(1ms);
            auto token = asio::redirect_error(asio::use_awaitable, ignored);
            co_await self->pause_.async_wait(token);
        }
        self->io_.stop();
    }

    asio::io_context& io_;
    asio::posix::stream_descriptor in_;
    asio::posix::stream_descriptor out_;
    asio::steady_timer written_, has_output_, pause_;
    std::shared_ptr<Dispatcher> dispatcher_;
    std::string unsent_;
    bool is_writing_ = false;
    bool is_ending_ = false;
    bool has_dropped_ = false;
    int status_ = 0;
};

}  // namespace

int serve(asio::io_context& io, Plugin& plugin) {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, nullptr);
    const KeepFlags keep;
    std::shared_ptr<Loop> loop;
    try {
        loop = std::make_shared<Loop>(io);
        loop->start(plugin);
    } catch (const std::exception& error) {
        log_line(std::string("standard input and output cannot be used: ") + error.what() +
                 "; a plugin is started by stintd or by a systemd socket");
        return 2;
    }
    int failed = 0;
    try {
        io.run();
    } catch (const std::exception& error) {
        log_line(std::string("stopped by an unforeseen failure: ") + error.what());
        failed = 1;
    }
    const int status = loop->leave();
    return failed != 0 ? failed : status;
}

}  // namespace stint::sdk
