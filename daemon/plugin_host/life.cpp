// Start, watch and end of one run of a plugin; see the header.
#include "plugin_host/life.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace stint::plugin_host {
namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// After one sign of the end (exit, end of output), how long the other may take.
constexpr milliseconds last_signs{200};
/// How long the kernel may take to end what was killed.
constexpr milliseconds kill_patience{1000};

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

Descriptor copy_of(int number) {
    Descriptor copy(::fcntl(number, F_DUPFD_CLOEXEC, 3));
    if (!copy.is_open()) fail("cannot copy a descriptor");
    return copy;
}

// A local connect never waits here: a full queue is EAGAIN, which is one more trouble to try again after.
Descriptor connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail("cannot connect to " + path);
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!made.is_open()) fail("cannot make a socket");
    if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("cannot connect to " + path);
    return made;
}

/// What would not end is waited for as long as it takes, and costs nobody anything meanwhile.
void reap_later(asio::any_io_executor executor, Child::Remains remains) {
    if (remains.pid <= 0 || !remains.pidfd.is_open()) return;
    auto watcher = std::make_shared<asio::posix::stream_descriptor>(executor, remains.pidfd.release());
    watcher->async_wait(asio::posix::stream_descriptor::wait_read, [watcher, pid = remains.pid](const boost::system::error_code& code) {
        siginfo_t ignored{};
        if (!code) static_cast<void>(::waitid(P_PID, static_cast<id_t>(pid), &ignored, WEXITED | WNOHANG));
    });
}

}  // namespace

Life::Life(asio::any_io_executor executor, std::shared_ptr<const PluginSpec> spec)
    : executor_(executor), spec_(std::move(spec)), watcher_(executor), bell_(executor) {}

std::shared_ptr<Life> Life::begin(asio::any_io_executor executor, std::shared_ptr<const PluginSpec> spec) {
    std::shared_ptr<Life> life(new Life(std::move(executor), std::move(spec)));
    if (life->spec_->socket.empty()) {
        life->begin_program();
    } else {
        life->begin_socket();
    }
    return life;
}

void Life::begin_program() {
    child_ = std::make_unique<Child>(spec_->program);
    watcher_.assign(copy_of(child_->pidfd()).release());
    errors_ = std::make_shared<ErrorsLog>(executor_, spec_->name, std::move(child_->errors));
    connection_ = std::make_shared<Connection>(executor_, spec_, std::move(child_->input), std::move(child_->output));
}

void Life::begin_socket() {
    Descriptor reader = connect_to(spec_->socket.string());
    Descriptor writer = copy_of(reader.get());
    connection_ = std::make_shared<Connection>(executor_, spec_, std::move(writer), std::move(reader));
}

void Life::start(decltype(Connection::Handlers::notified) notified) {
    const std::weak_ptr<Life> weak = weak_from_this();
    connection_->start({std::move(notified), [weak] {
                            if (const auto self = weak.lock()) self->wake();
                        }});
    if (errors_) errors_->start();
    if (child_) watch();
}

void Life::watch() {
    const std::weak_ptr<Life> weak = weak_from_this();
    watcher_.async_wait(asio::posix::stream_descriptor::wait_read, [weak](const boost::system::error_code& code) {
        const auto self = weak.lock();
        if (!self || code) return;
        self->has_exited_ = true;
        self->wake();
    });
}

asio::awaitable<void> Life::wait_until(std::shared_ptr<Life> self, bool (*is_done)(const Life&), milliseconds patience) {
    const auto deadline = steady_clock::now() + patience;
    boost::system::error_code code;
    while (!is_done(*self) && steady_clock::now() < deadline) {
        self->bell_.expires_at(deadline);
        co_await self->bell_.async_wait(asio::redirect_error(asio::use_awaitable, code));
    }
}

asio::awaitable<void> Life::ended(std::shared_ptr<Life> self, milliseconds patience) {
    if (self->has_ended()) co_return;
    boost::system::error_code code;
    self->bell_.expires_after(patience);
    co_await self->bell_.async_wait(asio::redirect_error(asio::use_awaitable, code));
}

asio::awaitable<void> Life::ask_to_end(std::shared_ptr<Life> self, milliseconds patience, milliseconds term_patience) {
    self->connection_->close_input();
    constexpr auto is_gone = [](const Life& life) { return life.child_ ? life.has_exited_ : life.connection_->has_ended(); };
    co_await wait_until(self, is_gone, patience);
    if (is_gone(*self) || !self->child_) co_return;
    self->child_->signal(SIGTERM);
    co_await wait_until(self, is_gone, term_patience);
}

asio::awaitable<std::string> Life::conclude(std::shared_ptr<Life> self) {
    if (self->child_ && self->has_ended() && !self->connection_->was_nonsense()) {
        // Dead, and its last answers are in the pipe; or silent, and its exit status is about to be known.
        constexpr auto is_over = [](const Life& life) { return life.has_exited_ && life.connection_->has_ended(); };
        if (self->has_exited_) self->child_->signal(SIGKILL);  // grandchildren, who may hold the pipe
        co_await wait_until(self, is_over, last_signs);
    }
    const bool had_exited = self->has_exited_;
    std::string why = self->connection_->has_ended() ? self->connection_->why() : "";
    self->connection_->end(why.empty() ? "it is gone" : why);
    if (!self->child_) co_return why;
    self->child_->signal(SIGKILL);
    co_await wait_until(self, [](const Life& life) { return life.has_exited_; }, kill_patience);
    const std::optional<std::string> ending = self->child_->finish(milliseconds(0));
    if (!ending) {
        reap_later(self->executor_, self->child_->release());
        why += "; and it cannot be killed";
    } else if (had_exited) {
        why = "it " + *ending + (why.empty() || why == "it closed its output" ? "" : ", after " + why);
    }
    boost::system::error_code ignored;
    self->watcher_.close(ignored);
    const std::string said = self->errors_->finish();
    if (!said.empty()) why += "; the last thing it said is \"" + said + "\"";
    co_return why;
}

void Life::kill(const std::string& why) {
    connection_->end(why);
    has_exited_ = true;
    if (child_ && !child_->finish(kill_patience)) reap_later(executor_, child_->release());
    if (errors_) static_cast<void>(errors_->finish());
    boost::system::error_code ignored;
    watcher_.close(ignored);
    wake();
}

}  // namespace stint::plugin_host
