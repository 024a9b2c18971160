// The order is the security of it: options on the handle, the TLS context last, the handshake, proof that TLS is in
// place, and only then the password. Environment and ldaprc are shut out by LDAPNOINIT (main.cpp) and by these options.
#include "plugins/directory-ldap/dialer.hpp"

#include "plugins/directory-ldap/kerberos.hpp"
#include "plugins/directory-ldap/socket.hpp"
#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/stderr_log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <ldap.h>
#include <openldap.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
constexpr unsigned long least_sealing_bits = 128;
constexpr ber_len_t max_message_bytes = 16UL * 1024 * 1024;

class WrongPassword : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Unbinds what did not become a Connection.
class Handle {
public:
    explicit Handle(LDAP* handle) : handle_(handle) {}
    ~Handle() {
        if (handle_ != nullptr) ::ldap_unbind_ext(handle_, nullptr, nullptr);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    [[nodiscard]] LDAP* get() const { return handle_; }
    [[nodiscard]] LDAP* release() { return std::exchange(handle_, nullptr); }

private:
    LDAP* handle_;
};

void set(LDAP* handle, int option, const void* value, const char* name) {
    if (::ldap_set_option(handle, option, value) != LDAP_OPT_SUCCESS)
        throw std::runtime_error(std::string("libldap does not take the option ") + name);
}

std::string text_option(LDAP* handle, int option) {
    char* value = nullptr;
    if (::ldap_get_option(handle, option, &value) != LDAP_OPT_SUCCESS || value == nullptr) return "";
    std::string text = value;
    ::ldap_memfree(value);
    return text;
}

bool is_gnutls() { return text_option(nullptr, LDAP_OPT_X_TLS_PACKAGE) == "GnuTLS"; }

/// On a helper thread: it blocks until the handshake is done, or until the descriptor is shut down.
asio::awaitable<int> handshake(LDAP* handle, bool must_ask_first) {
    co_return must_ask_first ? ::ldap_start_tls_s(handle, nullptr, nullptr) : ::ldap_install_tls(handle);
}

/// Likewise; asks the KDC for tickets, too.
asio::awaitable<int> kerberos_bind(LDAP* handle) { co_return bind_sealed(handle); }

/// The deadline of a handshake; lives on in its timer's handler.
struct Guard {
    Guard(const asio::any_io_executor& executor, int of) : timer(executor), descriptor(of) {}
    asio::steady_timer timer;
    int descriptor;
    bool is_over = false, is_late = false;
};

Operation root_search() {
    return Search{.base = "", .scope = Scope::base, .filter = Filter::present("objectClass").text(), .attributes = root_attributes()};
}

std::string text_of(const Reply& reply) {
    return std::string(::ldap_err2string(reply.code)) + " (" + std::to_string(reply.code) + ")" + (reply.text.empty() ? "" : ": " + reply.text);
}

}  // namespace

Dialer::Dialer(asio::any_io_executor executor, Settings settings) : executor_(std::move(executor)), settings_(std::move(settings)) {}

Dialer::~Dialer() { stop(); }

void Dialer::stop() noexcept {
    if (std::exchange(is_stopped_, true)) return;
    for (const int descriptor : handshaking_) ::shutdown(descriptor, SHUT_RDWR);
    helpers_.join();
}

const std::string& Dialer::preferred_server() {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(passed_over_, [&](const auto& one) {
        const auto [index, until] = one;
        if (until > now) return false;
        // Whoever lists a server first wants it to be used. What it still does not take goes to the next again.
        if (index < preferred_) preferred_ = index;
        return true;
    });
    return settings_.servers[preferred_].url;
}

bool Dialer::pass_over(const std::string& server) {
    const auto found = std::ranges::find(settings_.servers, server, &Server::url);
    if (settings_.servers.size() < 2 || found == settings_.servers.end()) return false;
    const auto index = static_cast<std::size_t>(found - settings_.servers.begin());
    passed_over_[index] = std::chrono::steady_clock::now() + settings_.pass_over_for;
    if (index != preferred_) return true;  // others have heard it, too
    preferred_ = (index + 1) % settings_.servers.size();
    preferred_ = in_order().front();
    sdk::log_line(server + " takes no writes; going on with " + settings_.servers[preferred_].url);
    return true;
}

/// From the preferred one on, and those that were passed over last, the longest ago first.
std::vector<std::size_t> Dialer::in_order() const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < settings_.servers.size(); ++i) order.push_back((preferred_ + i) % settings_.servers.size());
    std::ranges::stable_sort(order, {}, [&](std::size_t index) {
        const auto found = passed_over_.find(index);
        return found == passed_over_.end() ? std::chrono::steady_clock::time_point::min() : found->second;
    });
    return order;
}

asio::awaitable<std::shared_ptr<Connection>> Dialer::dial() {
    std::string why;
    bool is_password_wrong = false;
    const auto order = in_order();
    for (std::size_t i = 0; i < order.size() && !is_stopped_; ++i) {
        const auto index = order[i];
        const auto server = settings_.servers[index];
        try {
            auto connection = co_await dial(server);
            if (index != preferred_) sdk::log_line("failover from " + settings_.servers[preferred_].url + " to " + server.url);
            preferred_ = index;
            co_return connection;
        } catch (const WrongPassword& error) {
            is_password_wrong = true;
            why += (why.empty() ? "" : "; ") + server.url + ": " + error.what();
        } catch (const std::exception& error) {
            why += (why.empty() ? "" : "; ") + server.url + ": " + error.what();
        }
    }
    throw DialFailed(why, is_password_wrong);
}

asio::awaitable<std::shared_ptr<Connection>> Dialer::dial(Server server) {
    const auto limit = std::chrono::steady_clock::now() + settings_.connect_timeout;
    const int descriptor = co_await connected_socket(executor_, server, limit);
    LDAP* raw = nullptr;
    const int protocol = server.transport == Transport::ldapi ? LDAP_PROTO_IPC : LDAP_PROTO_TCP;
    if (::ldap_init_fd(descriptor, protocol, server.url.c_str(), &raw) != LDAP_SUCCESS) {
        ::close(descriptor);
        throw std::runtime_error("libldap does not take the connection");
    }
    Handle handle(raw);
    set_options(raw, server);
    std::string how = "local socket";
    if (server.transport == Transport::sealed) {
        co_await seal(raw, descriptor, server);
        how = "Kerberos, sealed with " + std::to_string(sealing_bits(raw)) + " bits";
    } else if (server.transport != Transport::ldapi) {
        co_await secure(raw, descriptor, server);
        how = text_option(raw, LDAP_OPT_X_TLS_VERSION) + ", " + text_option(raw, LDAP_OPT_X_TLS_CIPHER);
    }
    const ConnectionLimits limits{.window = settings_.window, .operation = settings_.operation_timeout};
    auto connection = std::make_shared<Connection>(executor_, handle.release(), descriptor, server.url, limits);
    connection->start();
    try {
        co_await bind(connection);
        co_await check_server(connection);
    } catch (...) {
        connection->close("it was not usable");
        throw;
    }
    sdk::log_line("connected to " + server.url + " (" + how + ")");
    co_return connection;
}

void Dialer::set_options(LDAP* handle, const Server& server) const {
    const int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND, tls12 = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, client = 0;
    const timeval limit{settings_.connect_timeout.count(), 0};
    set(handle, LDAP_OPT_PROTOCOL_VERSION, &version, "PROTOCOL_VERSION");
    set(handle, LDAP_OPT_REFERRALS, LDAP_OPT_OFF, "REFERRALS");
    set(handle, LDAP_OPT_RESTART, LDAP_OPT_ON, "RESTART");
    set(handle, LDAP_OPT_NETWORK_TIMEOUT, &limit, "NETWORK_TIMEOUT");
    Sockbuf* buffer = nullptr;
    ber_len_t bytes = max_message_bytes;
    if (::ldap_get_option(handle, LDAP_OPT_SOCKBUF, &buffer) == LDAP_OPT_SUCCESS && buffer != nullptr)
        ::ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &bytes);
    if (server.transport == Transport::ldapi || server.transport == Transport::sealed) return;
    set(handle, LDAP_OPT_X_TLS_CACERTFILE, settings_.ca_file.c_str(), "X_TLS_CACERTFILE");
    set(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand, "X_TLS_REQUIRE_CERT");
    set(handle, LDAP_OPT_X_TLS_REQUIRE_SAN, &demand, "X_TLS_REQUIRE_SAN");
    set(handle, LDAP_OPT_X_TLS_PROTOCOL_MIN, &tls12, "X_TLS_PROTOCOL_MIN");
    if (is_gnutls()) set(handle, LDAP_OPT_X_TLS_CIPHER_SUITE, "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", "X_TLS_CIPHER_SUITE");
    if (!settings_.cert_file.empty()) {
        set(handle, LDAP_OPT_X_TLS_CERTFILE, settings_.cert_file.c_str(), "X_TLS_CERTFILE");
        set(handle, LDAP_OPT_X_TLS_KEYFILE, settings_.key_file.c_str(), "X_TLS_KEYFILE");
    }
    if (::ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &client) != LDAP_OPT_SUCCESS)  // last, or the options above do nothing
        throw std::runtime_error("TLS cannot be set up: check that " + settings_.ca_file +
                                 (settings_.cert_file.empty() ? "" : ", " + settings_.cert_file + " and " + settings_.key_file) +
                                 " are PEM files that belong together");
}

asio::awaitable<int> Dialer::on_helper(asio::awaitable<int> work, int descriptor) {
    if (is_stopped_) throw std::runtime_error("shutting down");
    auto guard = std::make_shared<Guard>(executor_, descriptor);
    guard->timer.expires_after(settings_.connect_timeout);
    guard->timer.async_wait([guard](const boost::system::error_code& cancelled) {
        if (cancelled || guard->is_over) return;
        guard->is_late = true;
        ::shutdown(guard->descriptor, SHUT_RDWR);  // wakes the helper thread
    });
    handshaking_.insert(descriptor);
    const int code = co_await asio::co_spawn(helpers_.get_executor(), std::move(work), asio::use_awaitable);
    handshaking_.erase(descriptor);
    guard->is_over = true;
    guard->timer.cancel();
    if (guard->is_late) throw std::runtime_error("no handshake within " + std::to_string(settings_.connect_timeout.count()) + " s");
    co_return code;
}

asio::awaitable<void> Dialer::seal(LDAP* handle, int descriptor, Server server) {
    auto work = kerberos_bind(handle);
    const int code = co_await on_helper(std::move(work), descriptor);
    if (code != LDAP_SUCCESS) {
        const auto detail = text_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE);
        const auto text = "the Kerberos bind with " + settings_.keytab_file + " to ldap/" + server.host + " failed: " + ::ldap_err2string(code) +
                          (detail.empty() ? "" : ": " + detail);
        if (code == LDAP_INVALID_CREDENTIALS) throw WrongPassword(text);
        throw std::runtime_error(text);
    }
    if (sealing_bits(handle) < least_sealing_bits) throw std::runtime_error("the connection is not sealed after the Kerberos bind");
}

asio::awaitable<void> Dialer::secure(LDAP* handle, int descriptor, Server server) {
    auto work = handshake(handle, server.transport == Transport::starttls);
    const int code = co_await on_helper(std::move(work), descriptor);
    if (code != LDAP_SUCCESS) {
        const auto detail = text_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE);
        const bool has_answered = server.transport == Transport::starttls && code > 0;  // below 0 it is libldap's own
        if (has_answered)
            throw std::runtime_error("the server does not do STARTTLS: " + (detail.empty() ? std::string(::ldap_err2string(code)) : detail) +
                                     "; it was sent nothing else in the clear. Set TLS up there");
        throw std::runtime_error("TLS was refused: " + (detail.empty() ? std::string(::ldap_err2string(code)) : detail) +
                                 "; is the server's certificate for " + server.host + " and signed by " + settings_.ca_file + "?");
    }
    if (::ldap_tls_inplace(handle) != 1) throw std::runtime_error("TLS is not in place after the handshake");
    const auto version = text_option(handle, LDAP_OPT_X_TLS_VERSION);
    if (version != "TLS1.2" && version != "TLS1.3" && version != "TLSv1.2" && version != "TLSv1.3")
        throw std::runtime_error("the server speaks " + version + "; TLS 1.2 is the least that is taken");
}

asio::awaitable<void> Dialer::bind(std::shared_ptr<Connection> connection) {
    if (settings_.proof == Proof::keytab) co_return;  // done: sealing is a part of it
    Bind operation{.dn = settings_.bind_dn, .password = nullptr};
    if (settings_.proof == Proof::password) {
        auto password = sdk::read_secret(settings_.secrets, "bind_password");  // anew each time: it may have been rotated
        if (password.empty()) throw std::runtime_error("the bind password is empty, and an empty password is an anonymous bind");
        operation.password = std::make_shared<Secret>(password);
    }
    auto pending = connection->begin(std::move(operation));
    const auto reply = co_await connection->reply(std::move(pending));
    if (reply.code == LDAP_SUCCESS) co_return;
    const auto who = settings_.proof == Proof::external ? std::string("SASL EXTERNAL") : settings_.bind_dn;
    const auto text = "it refused the bind as " + who + ": " + text_of(reply);
    if (reply.code == LDAP_INVALID_CREDENTIALS) throw WrongPassword(text);
    throw std::runtime_error(text);
}

/// Which kind of directory it is, and whether it offers what writes rely on.
asio::awaitable<void> Dialer::check_server(std::shared_ptr<Connection> connection) {
    auto search = root_search();
    auto pending = connection->begin(std::move(search));
    const auto reply = co_await connection->reply(std::move(pending));
    if (reply.code != LDAP_SUCCESS || reply.entries.empty()) throw std::runtime_error("it does not show its root entry: " + text_of(reply));
    const auto wanted = recognised_ ? std::string(recognised_->dialect->flavour) : settings_.flavour;
    auto found = recognise(reply.entries.front(), wanted, settings_.people.base);
    if (!recognised_) sdk::log_line("flavour: " + connection->server() + " is " + std::string(found.dialect->title) +
                                    (found.vendor.empty() ? "" : " (" + found.vendor + ")") + ", people are in " +
                                    (found.suffix.empty() ? "no naming context it shows" : found.suffix));
    recognised_ = std::move(found);
}

}  // namespace stint::directory_ldap
