// The calls of one run of a plugin; see the header. A waiter sleeps on a timer of its own, which is both its
// deadline and its bell: whoever has its outcome cancels the timer.
#include "plugin_host/connection.hpp"

#include "log/log.hpp"
#include "ports/fault.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <sys/socket.h>

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace stint::plugin_host {
namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t chunk_bytes = 64UL * 1024;
constexpr std::size_t batch_bytes = 64UL * 1024;
/// Lines a second that nobody asked for (notifications, late answers); more have to wait in the plugin's pipe.
constexpr int unasked_per_second = 1000;
constexpr std::chrono::milliseconds last_words_patience{200};

std::string quoted_start(std::string_view line) {
    constexpr std::size_t shown = 80;
    return "\"" + log::escaped(line.substr(0, shown)) + (line.size() > shown ? "…\"" : "\"");
}

}  // namespace

struct Connection::Waiter {
    explicit Waiter(Executor executor) : bell(std::move(executor)) {}
    asio::steady_timer bell;
    std::int64_t id = 0;
    std::string method, line;
    Impact impact = Impact::read;
    bool is_sent = false;  ///< at least its first byte may have left
    std::optional<Outcome> outcome;
};

// However a call ends, also when its coroutine is cancelled or destroyed, nobody waits for it any more.
struct Connection::Forgetting {
    Connection& connection;
    const Waiter& waiter;
    ~Forgetting() { connection.forget(waiter); }
};

Connection::Connection(Executor executor, std::shared_ptr<const PluginSpec> spec, Descriptor input, Descriptor output)
    : executor_(executor),
      spec_(std::move(spec)),
      input_(executor, input.release()),
      output_(executor, output.release()),
      writer_wake_(executor),
      reader_pause_(executor) {}

void Connection::start(Handlers handlers) {
    handlers_ = std::move(handlers);
    asio::co_spawn(executor_, write_loop(shared_from_this()), asio::detached);
    asio::co_spawn(executor_, read_loop(shared_from_this()), asio::detached);
}

asio::awaitable<Outcome> Connection::call(std::shared_ptr<Connection> self, std::string method, boost::json::object params,
                                          Impact impact, std::chrono::milliseconds patience) {
    const WaiterPtr waiter = self->enqueue(std::move(method), std::move(params), impact);
    const Forgetting forgetting{*self, *waiter};
    const auto deadline = steady_clock::now() + patience;
    waiter->bell.expires_at(deadline);
    boost::system::error_code code;
    co_await waiter->bell.async_wait(asio::redirect_error(asio::use_awaitable, code));
    if (!waiter->outcome) self->give_up(*waiter, code == asio::error::operation_aborted && steady_clock::now() < deadline);
    co_return std::move(*waiter->outcome);
}

Connection::WaiterPtr Connection::enqueue(std::string method, boost::json::object params, Impact impact) {
    if (has_ended_) throw Fault(FaultKind::unreachable, "plugin " + spec_->name + " is not running: " + why_);
    if (waiters_.size() >= spec_->max_in_flight)
        throw Fault(FaultKind::busy, "plugin " + spec_->name + " has " + std::to_string(waiters_.size()) + " calls in flight; try again later");
    auto waiter = std::make_shared<Waiter>(executor_);
    waiter->id = next_id_;
    waiter->impact = impact;
    try {
        waiter->line = wire::to_line(wire::RpcRequest{next_id_, method, std::move(params)});
    } catch (const std::invalid_argument& error) {
        throw Fault(FaultKind::refused, "`" + method + "` was not sent to plugin " + spec_->name + ": " + error.what());
    }
    if (unsent_bytes_ + waiter->line.size() > spec_->max_waiting_bytes)
        throw Fault(FaultKind::busy, "plugin " + spec_->name + " does not read what it is told; try again later");
    waiter->method = std::move(method);
    unsent_bytes_ += waiter->line.size();
    waiters_.emplace(next_id_++, waiter);
    unsent_.push_back(waiter);
    writer_wake_.cancel();
    return waiter;
}

void Connection::forget(const Waiter& waiter) noexcept {
    std::erase_if(unsent_, [&](const WaiterPtr& other) {
        if (other.get() != &waiter) return false;
        unsent_bytes_ -= other->line.size();
        return true;
    });
    waiters_.erase(waiter.id);
}

void Connection::give_up(const Waiter& waiter, bool is_cancelled) {
    const bool may_have_happened = waiter.is_sent && waiter.impact == Impact::write;
    const FaultKind kind = may_have_happened ? FaultKind::unknown_outcome : FaultKind::unreachable;
    if (has_ended_) throw Fault(kind, "plugin " + spec_->name + " did not answer `" + waiter.method + "`: " + why_);
    if (is_cancelled) throw boost::system::system_error(asio::error::operation_aborted);
    const std::string what = "plugin " + spec_->name + (waiter.is_sent ? " did not answer `" : " did not take `") + waiter.method + "` in time";
    if (++timeouts_in_a_row_ >= spec_->timeouts_before_restart)
        end("it left " + std::to_string(timeouts_in_a_row_) + " calls in a row unanswered");
    throw Fault(kind, what);
}

void Connection::end(std::string why, bool is_nonsense) {
    if (has_ended_) return;
    const auto keep_alive = shared_from_this();
    has_ended_ = true;
    was_nonsense_ = is_nonsense;
    why_ = std::move(why);
    boost::system::error_code ignored;
    input_.close(ignored);
    output_.close(ignored);
    writer_wake_.cancel();
    reader_pause_.cancel();
    unsent_.clear();
    unsent_bytes_ = 0;
    for (const auto& [id, waiter] : std::exchange(waiters_, {})) waiter->bell.cancel();
    if (handlers_.ended) handlers_.ended();
    handlers_ = {};
}

void Connection::close_input() {
    is_input_closing_ = true;
    writer_wake_.cancel();
}

std::string Connection::next_batch() {
    std::string batch;
    while (!unsent_.empty() && (batch.empty() || batch.size() + unsent_.front()->line.size() <= batch_bytes)) {
        const WaiterPtr waiter = std::move(unsent_.front());
        unsent_.pop_front();
        unsent_bytes_ -= waiter->line.size();
        waiter->is_sent = true;
        batch += std::exchange(waiter->line, {});
    }
    return batch;
}

asio::awaitable<void> Connection::write_loop(std::shared_ptr<Connection> self) {
    boost::system::error_code code;
    while (!self->has_ended_) {
        const std::string batch = self->next_batch();
        if (!batch.empty()) {
            co_await asio::async_write(self->input_, asio::buffer(batch), asio::redirect_error(asio::use_awaitable, code));
            if (code) break;
            continue;
        }
        if (self->is_input_closing_) {
            static_cast<void>(::shutdown(self->input_.native_handle(), SHUT_WR));  // a pipe has no use for it
            self->input_.close(code);
            co_return;
        }
        self->writer_wake_.expires_at(steady_clock::time_point::max());
        co_await self->writer_wake_.async_wait(asio::redirect_error(asio::use_awaitable, code));
    }
    if (self->has_ended_) co_return;
    // It closed its input or is gone. What it answered before is still on its way, so the reader gets a moment.
    const std::string why = "it stopped reading what it is told (" + code.message() + ")";
    self->writer_wake_.expires_after(last_words_patience);
    co_await self->writer_wake_.async_wait(asio::redirect_error(asio::use_awaitable, code));
    self->end(why);
}

bool Connection::is_talking_too_much() {
    const auto now = steady_clock::now();
    if (now - window_ >= std::chrono::seconds(1)) {
        window_ = now;
        unasked_lines_ = 0;
    }
    return unasked_lines_ > unasked_per_second;
}

asio::awaitable<void> Connection::read_loop(std::shared_ptr<Connection> self) {
    std::vector<char> chunk(chunk_bytes);
    boost::system::error_code code;
    while (!self->has_ended_) {
        const std::size_t size =
            co_await self->output_.async_read_some(asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, code));
        if (self->has_ended_) co_return;
        if (code) break;
        self->take_chunk(std::string_view(chunk.data(), size));
        if (!self->has_ended_ && self->is_talking_too_much()) {
            self->reader_pause_.expires_at(self->window_ + std::chrono::seconds(1));
            co_await self->reader_pause_.async_wait(asio::redirect_error(asio::use_awaitable, code));
        }
    }
    if (self->has_ended_) co_return;
    if (code != asio::error::eof) {
        self->end("its output could not be read (" + code.message() + ")");
    } else if (self->splitter_.has_unfinished()) {
        self->end("it ended half-way through a line");
    } else {
        self->end("it closed its output");
    }
}

void Connection::take_chunk(std::string_view bytes) {
    try {
        splitter_.feed(bytes);
        while (!has_ended_) {
            const std::optional<std::string> line = splitter_.next();
            if (!line) return;
            take(*line);
        }
    } catch (const std::length_error& error) {
        end(std::string("it broke the protocol: ") + error.what(), true);
    }
}

void Connection::take(std::string_view line) {
    std::optional<wire::RpcMessage> message;
    try {
        message = wire::parse_message(line);
    } catch (const std::invalid_argument& error) {
        end("it broke the protocol: it said " + quoted_start(line) + ", and " + error.what(), true);
        return;
    }
    if (auto* response = std::get_if<wire::RpcResponse>(&*message)) {
        take_answer(std::move(*response));
        return;
    }
    const auto& request = std::get<wire::RpcRequest>(*message);
    if (request.id) {
        end("it broke the protocol: it called `" + log::escaped(request.method) + "`, and plugins may not call the broker", true);
        return;
    }
    ++unasked_lines_;
    const auto handler = handlers_.notified;  // a copy: the handler may end this connection
    if (handler) handler(request.method, request.params);
}

void Connection::take_answer(wire::RpcResponse response) {
    const auto found = waiters_.find(response.id);
    if (found == waiters_.end() || !found->second->is_sent) {
        ++unasked_lines_;
        if (!std::exchange(has_odd_answer_, true))
            log::warning("plugin.odd_answer", {{"plugin", spec_->name},
                                               {"id", response.id},
                                               {"why", response.id > 0 && response.id < next_id_ ? "late, or a second time" : "never asked"},
                                               {"more", "not logged again for this run"}});
        return;
    }
    timeouts_in_a_row_ = 0;
    const WaiterPtr waiter = found->second;
    waiters_.erase(found);
    waiter->outcome = std::move(response.outcome);
    waiter->bell.cancel();
}

}  // namespace stint::plugin_host
