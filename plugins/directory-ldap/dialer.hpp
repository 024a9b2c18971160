// From a server's URL to a bound connection: resolve, connect, TLS, bind, look who answers. Tries the servers in
// order from the one that last worked. Owns the helper threads, since libldap's TLS handshake and its SASL bind block.
#pragma once

#include "plugins/directory-ldap/connection.hpp"
#include "plugins/directory-ldap/dialect.hpp"
#include "plugins/directory-ldap/settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace stint::directory_ldap {

/// No server could be used; says for each of them why not.
class DialFailed : public std::runtime_error {
public:
    DialFailed(const std::string& why, bool is_password_wrong) : std::runtime_error(why), is_password_wrong_(is_password_wrong) {}
    /// Trying again soon could lock the account.
    [[nodiscard]] bool is_password_wrong() const noexcept { return is_password_wrong_; }

private:
    bool is_password_wrong_;
};

class Dialer : public std::enable_shared_from_this<Dialer> {
public:
    Dialer(boost::asio::any_io_executor executor, Settings settings);
    ~Dialer();
    Dialer(const Dialer&) = delete;
    Dialer& operator=(const Dialer&) = delete;

    /// Throws DialFailed. Each server is given connect_timeout.
    [[nodiscard]] boost::asio::awaitable<std::shared_ptr<Connection>> dial();
    /// The server that last worked, or one before it that was passed over long enough ago; a lane that is somewhere else
    /// moves there.
    [[nodiscard]] const std::string& preferred_server();
    /// The server takes no writes: for a while it is tried only when no other works. False when there is no other.
    bool pass_over(const std::string& server);
    /// What kind of directory it is: absent until a server has told. All servers must be of the first one's kind.
    [[nodiscard]] const std::optional<Recognised>& recognised() const noexcept { return recognised_; }
    /// Ends handshakes under way and the helper threads; nothing may be dialled after it.
    void stop() noexcept;

private:
    [[nodiscard]] boost::asio::awaitable<std::shared_ptr<Connection>> dial(Server server);
    [[nodiscard]] boost::asio::awaitable<void> secure(struct ldap* handle, int descriptor, Server server);
    [[nodiscard]] boost::asio::awaitable<void> seal(struct ldap* handle, int descriptor, Server server);
    /// Runs what blocks on a helper thread; ends it by shutting the descriptor down when it takes longer than connect_timeout.
    [[nodiscard]] boost::asio::awaitable<int> on_helper(boost::asio::awaitable<int> work, int descriptor);
    [[nodiscard]] boost::asio::awaitable<void> bind(std::shared_ptr<Connection> connection);
    [[nodiscard]] boost::asio::awaitable<void> check_server(std::shared_ptr<Connection> connection);
    [[nodiscard]] std::vector<std::size_t> in_order() const;
    void set_options(struct ldap* handle, const Server& server) const;

    boost::asio::any_io_executor executor_;
    Settings settings_;
    std::optional<Recognised> recognised_;
    std::size_t preferred_ = 0;
    std::map<std::size_t, std::chrono::steady_clock::time_point> passed_over_;  ///< until when
    bool is_stopped_ = false;
    std::set<int> handshaking_;  ///< descriptors that a helper thread may be blocked on
    boost::asio::thread_pool helpers_{2};
};

}  // namespace stint::directory_ldap
