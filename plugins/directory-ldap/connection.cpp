// Why it is as it is: limits.md's facts about libldap, each named where it bites. The descriptor is watched
// through a duplicate, because libldap closes its own whenever it likes.
#include "plugins/directory-ldap/connection.hpp"

#include "plugins/directory-ldap/escape.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <ldap.h>

#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
constexpr timeval at_once{0, 0};

bool ends_a_call(const Operation& operation) {
    const auto* search = std::get_if<Search>(&operation);
    return search == nullptr || search->ends_a_call;
}

/// Nothing depends on what becomes of it.
bool is_search(const Operation& operation) { return std::holds_alternative<Search>(operation); }

/// Any server answers it at once, and to anybody.
Operation probe() { return Search{.base = "", .scope = Scope::base, .filter = Filter::present("objectClass").text(), .attributes = {}}; }

std::string seconds_text(std::chrono::milliseconds length) {
    return length.count() % 1000 == 0 ? std::to_string(length.count() / 1000) + " s" : std::to_string(length.count()) + " ms";
}

}  // namespace

struct Connection::Waiter {
    Waiter(const asio::any_io_executor& executor, Operation what) : operation(std::move(what)), deadline(executor) {}
    Operation operation;
    Clock::time_point begun_at = Clock::now();
    asio::steady_timer deadline;
    Reply reply{};
    int message_id = 0;
    bool is_sent = false, is_finished = false, is_lost = false, is_late = false;
    std::string why_lost{};
};

Connection::Connection(asio::any_io_executor executor, LDAP* handle, int descriptor, std::string server, ConnectionLimits limits)
    : executor_(std::move(executor)), handle_(handle), readiness_(executor_), lost_(executor_, Clock::time_point::max()),
      server_(std::move(server)), limits_(limits), heard_at_(Clock::now()), probe_limit_(executor_) {
    watch_outflow(handle_, outflow_);
    readiness_.assign(::fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
    // The flag is on the shared description: libldap's own reads and writes stop blocking too.
    readiness_.native_non_blocking(true);
}

Connection::~Connection() {
    if (handle_ != nullptr) ::ldap_unbind_ext(std::exchange(handle_, nullptr), nullptr, nullptr);
}

void Connection::start() { asio::co_spawn(executor_, read(shared_from_this()), asio::detached); }

/// Stays armed when nothing is in flight: a server that goes away is seen within milliseconds.
asio::awaitable<void> Connection::read(std::shared_ptr<Connection> self) {
    while (self->is_open()) {
        self->drain();
        if (!self->is_open()) break;
        boost::system::error_code error;
        co_await self->readiness_.async_wait(asio::posix::stream_descriptor::wait_read, asio::redirect_error(asio::use_awaitable, error));
        if (error) {
            self->lose("the connection cannot be watched: " + error.message());
            break;
        }
    }
}

/// Until libldap says 0: it and the TLS layer buffer, and for what they hold no further readiness comes.
void Connection::drain() {
    while (is_open()) {
        LDAPMessage* message = nullptr;
        timeval no_wait = at_once;
        const int kind = ::ldap_result(handle_, LDAP_RES_ANY, LDAP_MSG_ONE, &no_wait, &message);
        if (kind == 0) return;
        if (kind < 0) return lose("the server closed the connection");
        heard();
        take(message);
        ::ldap_msgfree(message);
    }
}

/// By message id, never by type: some servers answer a search with an extended result.
void Connection::take(LDAPMessage* message) {
    const int id = ::ldap_msgid(message), kind = ::ldap_msgtype(message);
    if (id == 0) {
        Reply notice;
        (void)add_result(handle_, message, notice);
        return lose("the server ended the connection" + (notice.text.empty() ? "" : ": " + notice.text));
    }
    const auto found = in_flight_.find(id);
    if (found == in_flight_.end()) return;
    const auto pending = found->second;
    if (kind == LDAP_RES_SEARCH_ENTRY) {
        if (pending->reply.entries.size() < limits_.max_entries) {
            pending->reply.entries.push_back(entry_of(handle_, message));
        } else {
            abandon(pending);
            pending->is_lost = false;
            pending->reply.code = LDAP_SIZELIMIT_EXCEEDED;
            pending->reply.text = "the answer has more than " + std::to_string(limits_.max_entries) + " entries";
        }
    } else if (kind == LDAP_RES_SEARCH_REFERENCE) {
        add_reference(handle_, message, pending->reply);
    } else if (kind != LDAP_RES_INTERMEDIATE) {
        if (!add_result(handle_, message, pending->reply)) return lose("the server sent an answer that cannot be understood");
        in_flight_.erase(found);
        finish(pending);
        go_on();
    }
}

void Connection::finish(const Pending& pending) {
    pending->is_finished = true;
    pending->deadline.cancel();
}

Connection::Pending Connection::begin(Operation operation) {
    auto pending = std::make_shared<Waiter>(executor_, std::move(operation));
    if (!is_open() || waiting() >= limits_.max_waiting) {
        pending->is_lost = true;
        pending->why_lost = is_open() ? "too much is waiting for the server" : why_lost_;
        finish(pending);
        return pending;
    }
    (ends_a_call(pending->operation) ? finishing_ : beginning_).push_back(pending);
    send_waiting();
    return pending;
}

void Connection::send_waiting() {
    while (is_open() && waiting() > 0 && !outflow_.is_clogged && std::cmp_less(in_flight_.size(), limits_.window)) {
        auto& queue = finishing_.empty() ? beginning_ : finishing_;
        const auto pending = queue.front();
        queue.pop_front();
        if (!pending->is_finished) send_one(pending);
    }
}

/// A place has become free.
void Connection::go_on() {
    send_waiting();
    if (is_retired_ && is_idle()) lose(why_lost_);
}

void Connection::send_one(const Pending& pending) {
    const int code = send(handle_, pending->operation, pending->message_id);
    if (code == LDAP_FILTER_ERROR || code == LDAP_ENCODING_ERROR || code == LDAP_PARAM_ERROR || code == LDAP_NO_MEMORY) {
        pending->reply.code = code;  // refused by libldap itself, before a byte was written
        pending->reply.text = ::ldap_err2string(code);
        return finish(pending);
    }
    // Anything else that is not success may have left in part: the connection is over.
    pending->is_sent = true;
    in_flight_.emplace(pending->message_id, pending);
    if (code != LDAP_SUCCESS) return lose(std::string("the server does not take what is sent: ") + ::ldap_err2string(code));
    push_on();
}

/// What libldap could write in part only, it goes on with when it is asked for results. Nothing else may be sent till then.
void Connection::push_on() {
    if (!is_open() || !outflow_.is_clogged || std::exchange(is_pushing_, true)) return;
    readiness_.async_wait(asio::posix::stream_descriptor::wait_write, [self = shared_from_this()](const boost::system::error_code& error) {
        self->is_pushing_ = false;
        if (error) return;  // read() sees it, too
        const auto writes = self->outflow_.writes;
        self->drain();
        // Not even tried: it was none of libldap's own, such as TLS's, which goes out before the next request does.
        if (self->outflow_.writes == writes) self->outflow_.is_clogged = false;
        self->push_on();
        self->send_waiting();
    });
}

asio::awaitable<Reply> Connection::reply(Pending pending) {
    // Half-time is early enough to find out, before the time is up, whether anybody is there at all.
    for (const int halves : {1, 2}) {
        if (pending->is_finished) break;
        pending->deadline.expires_at(pending->begun_at + limits_.operation * halves / 2);
        boost::system::error_code error;
        co_await pending->deadline.async_wait(asio::redirect_error(asio::use_awaitable, error));
        if (!pending->is_finished) drain();  // we may have slept, not the server
        if (!pending->is_finished) look_for_life();
    }
    if (!pending->is_finished) give_up(pending);
    if (pending->is_lost) throw ConnectionLost(pending->why_lost, pending->is_sent, pending->is_late);
    co_return std::move(pending->reply);
}

/// The time is up. A search goes alone, since writes of others may be on their way here, and would all be of unknown fate.
void Connection::give_up(const Pending& pending) {
    const auto what = std::string(name_of(pending->operation)) + " within " + seconds_text(limits_.operation);
    if (is_silent() || (pending->is_sent && !is_search(pending->operation)))
        return lose((pending->is_sent ? "no answer to a " : "the server did not come to a ") + what, true);
    abandon(pending);
    pending->is_late = true;
    pending->why_lost = (pending->is_sent ? "no answer to a " : "the server did not come to a ") + what;
}

void Connection::abandon(const Pending& search) {
    if (search->is_finished) return;
    search->is_lost = true;
    search->why_lost = "it was given up";
    finish(search);  // send_waiting skips it
    if (!search->is_sent || !is_open()) return;
    in_flight_.erase(search->message_id);
    if (outflow_.is_clogged) return;  // it may be the one that has left in part; an answer leads to nobody
    if (const int code = ::ldap_abandon_ext(handle_, search->message_id, nullptr, nullptr); code != LDAP_SUCCESS)
        return lose(std::string("the server does not take what is sent: ") + ::ldap_err2string(code));
    go_on();
}

void Connection::heard() {
    heard_at_ = Clock::now();
    if (std::exchange(probed_at_, std::nullopt)) probe_limit_.cancel();
}

/// Is it one operation that takes long, or is nobody there? Whatever is heard from now on is an answer.
void Connection::look_for_life() {
    if (!is_open() || probed_at_ || Clock::now() - heard_at_ < limits_.operation / 4) return;
    int not_waited_for = 0;
    // When the socket is full, a request that is under way is question enough.
    if (const int code = outflow_.is_clogged ? LDAP_SUCCESS : send(handle_, probe(), not_waited_for); code != LDAP_SUCCESS)
        return lose(std::string("the server does not take what is sent: ") + ::ldap_err2string(code));
    push_on();
    probed_at_ = Clock::now();
    probe_limit_.expires_after(limits_.operation / 2);
    probe_limit_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        const auto self = weak.lock();
        if (cancelled || !self) return;
        self->drain();
        if (self->is_silent()) self->lose("no answer to anything within " + seconds_text(self->limits_.operation / 2), true);
    });
}

bool Connection::is_silent() const { return probed_at_ && Clock::now() - *probed_at_ >= limits_.operation / 4; }

asio::awaitable<Reply> Connection::run(Operation operation) {
    auto pending = begin(std::move(operation));
    co_return co_await reply(std::move(pending));
}

void Connection::close(const std::string& why) { lose(why); }

void Connection::retire(const std::string& why) {
    if (!is_usable()) return;
    is_retired_ = true;
    why_lost_ = why;
    lost_.cancel();
    go_on();
}

void Connection::lose(const std::string& why, bool is_late) {
    if (!is_open()) return;
    why_lost_ = why;
    probe_limit_.cancel();
    ::ldap_unbind_ext(std::exchange(handle_, nullptr), nullptr, nullptr);
    boost::system::error_code ignored;
    readiness_.close(ignored);
    auto told = std::exchange(in_flight_, {});
    auto everybody = std::exchange(finishing_, {});
    for (auto& pending : std::exchange(beginning_, {})) everybody.push_back(std::move(pending));
    for (auto& [id, pending] : told) everybody.push_back(std::move(pending));
    for (const auto& pending : everybody) {
        if (pending->is_finished) continue;
        pending->is_lost = true;
        pending->is_late = is_late;
        pending->why_lost = why;
        finish(pending);
    }
    lost_.cancel();
}

asio::awaitable<void> Connection::lost() {
    while (is_usable()) {
        boost::system::error_code ignored;
        co_await lost_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

}  // namespace stint::directory_ldap
