// Which result codes are a definite no, which prove nothing, and what to tell an administrator about each.
#include "plugins/directory-ldap/reasons.hpp"

#include "plugins/directory-ldap/dn.hpp"
#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/stderr_log.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <ldap.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

namespace stint::directory_ldap {
namespace {

namespace asio = boost::asio;
using sdk::PluginError;
using sdk::Reason;

std::string said(const Reply& reply) {
    return std::string(::ldap_err2string(reply.code)) + " (" + std::to_string(reply.code) + ")" + (reply.text.empty() ? "" : ": " + reply.text);
}

std::string advice(int code) {
    switch (code) {
        case LDAP_INSUFFICIENT_ACCESS: return "; give the broker's account the right to write this group's member attribute";
        case LDAP_OBJECT_CLASS_VIOLATION:
            return "; a group of this schema may not lose its last member: give it a placeholder that stays, such as cn=nobody";
        case LDAP_STRONG_AUTH_REQUIRED: return "; the connection is not bound as somebody who may write";
        case LDAP_UNWILLING_TO_PERFORM: return "; the server will not do it, and may know why";
        case LDAP_CONSTRAINT_VIOLATION: return "; a constraint of the server forbids this value";
        case LDAP_INVALID_SYNTAX: return "; the server does not take the person's name as a member";
        default: return "";
    }
}

/// After these, and no others, the change was certainly not made (RFC 4511, 4.1.9 and appendix A): a server, or a proxy
/// before it, that says anything else may have made it, or may yet.
bool is_definite(int code) {
    constexpr std::array definite{LDAP_STRONG_AUTH_REQUIRED, LDAP_REFERRAL, LDAP_CONFIDENTIALITY_REQUIRED, LDAP_NO_SUCH_ATTRIBUTE,
                                  LDAP_UNDEFINED_TYPE, LDAP_CONSTRAINT_VIOLATION, LDAP_TYPE_OR_VALUE_EXISTS, LDAP_INVALID_SYNTAX,
                                  LDAP_NO_SUCH_OBJECT, LDAP_INVALID_DN_SYNTAX, LDAP_INSUFFICIENT_ACCESS, LDAP_UNWILLING_TO_PERFORM,
                                  LDAP_OBJECT_CLASS_VIOLATION, LDAP_ALREADY_EXISTS, LDAP_ASSERTION_FAILED, LDAP_UNAVAILABLE_CRITICAL_EXTENSION};
    return std::ranges::find(definite, code) != definite.end();
}

/// A referral, and what OpenLDAP (a copy that knows no master, `readonly on`) and 389 DS (nsslapd-readonly) say instead.
bool takes_no_writes(const Reply& reply) {
    if (reply.code == LDAP_REFERRAL) return true;
    constexpr std::array<std::string_view, 3> words{"shadow context", "operation restricted", "read-only"};
    const auto text = folded(reply.text);
    return reply.code == LDAP_UNWILLING_TO_PERFORM && std::ranges::any_of(words, [&](auto word) { return text.find(word) != std::string::npos; });
}

Written judge(const Reply& reply, const Modify& modify, const Dialect& dialect, const std::string& server) {
    const bool is_add = modify.kind == ChangeKind::add;
    const auto what = std::string(is_add ? "adding to " : "removing from ") + modify.dn + " on " + server;
    if (reply.code == LDAP_SUCCESS) return Written::changed;
    if (is_add && (reply.code == LDAP_TYPE_OR_VALUE_EXISTS || reply.code == LDAP_ALREADY_EXISTS)) return Written::already_so;
    if (!is_add && (reply.code == LDAP_NO_SUCH_ATTRIBUTE || reply.code == dialect.absent_code)) return Written::already_so;
    if (takes_no_writes(reply))
        throw TakesNoWrites(Reason::refused, what + " was refused: the server takes no writes: " + said(reply) + "; name one that does in `servers`", reply.code);
    if (reply.code == LDAP_ASSERTION_FAILED || reply.code == LDAP_NO_SUCH_OBJECT) throw EntryGone(modify.dn);
    if (reply.code < 0) throw PluginError(Reason::refused, what + " could not be sent: " + said(reply), reply.code);
    if (!is_definite(reply.code))
        throw PluginError(Reason::unknown_outcome, what + ": whether it was done is not known: " + said(reply), reply.code);
    throw PluginError(Reason::refused, what + " was refused: " + said(reply) + advice(reply.code), reply.code);
}

void check(const Reply& reply, const std::string& base, int size_limit, const std::string& server) {
    if (reply.code == LDAP_NO_SUCH_OBJECT || (reply.code == LDAP_SUCCESS && reply.referrals.empty())) return;
    const auto about = "searching " + (base.empty() ? "the root entry" : base) + " on " + server;
    const bool is_enough = reply.code == LDAP_SIZELIMIT_EXCEEDED && size_limit > 0;
    if (reply.code == LDAP_REFERRAL || !reply.referrals.empty())
        throw PluginError(Reason::refused, about + ": a part of it is on another server" +
                                               (reply.referrals.empty() ? "" : " (" + reply.referrals.front() + ")") +
                                               ", and referrals are not followed; choose a base without one", LDAP_REFERRAL);
    if (reply.code == LDAP_SUCCESS || is_enough) return;
    const bool is_passing = reply.code == LDAP_BUSY || reply.code == LDAP_UNAVAILABLE;
    throw PluginError(is_passing ? Reason::unreachable : Reason::refused, about + " failed: " + said(reply), reply.code);
}

asio::awaitable<Reply> send_write(std::shared_ptr<Connection> connection, Modify modify) {
    const auto about = "changing " + modify.dn + " on " + connection->server();
    Operation operation = std::move(modify);
    auto pending = connection->begin(std::move(operation));
    std::string lost;
    Reply reply;
    try {
        reply = co_await connection->reply(std::move(pending));
    } catch (const ConnectionLost& error) {
        if (!error.was_sent()) throw;
        lost = error.what();
    }
    if (!lost.empty()) throw PluginError(Reason::unknown_outcome, about + ": whether it was done is not known: " + lost);
    co_return reply;
}

/// Another group stands where ours was looked for a moment ago, and the write has hit it.
asio::awaitable<void> take_back(std::shared_ptr<Connection> connection, Modify modify) {
    auto opposite = modify;
    opposite.kind = modify.kind == ChangeKind::add ? ChangeKind::remove : ChangeKind::add;
    std::string trouble;
    try {
        const auto reply = co_await send_write(connection, std::move(opposite));
        if (reply.code != LDAP_SUCCESS) trouble = said(reply);
    } catch (const std::exception& error) {
        trouble = error.what();
    }
    if (trouble.empty()) {
        sdk::log_line("another group had been put at " + modify.dn + "; what was written there was taken back at once");
        throw EntryGone(modify.dn);
    }
    sdk::log_line("another group had been put at " + modify.dn + ", and what was written there could not be taken back: " + trouble);
    throw PluginError(Reason::unknown_outcome, modify.dn + " is another group by now; what was written there could not be taken back: " + trouble);
}

}  // namespace

asio::awaitable<Written> write(std::shared_ptr<Connection> connection, Modify modify, std::string id, const Dialect* dialect) {
    const Modify kept = modify;
    const auto reply = co_await send_write(connection, std::move(modify));
    const auto written = judge(reply, kept, *dialect, connection->server());
    if (kept.post_read.empty() || written != Written::changed) co_return written;
    if (!reply.post_read)
        throw PluginError(Reason::unknown_outcome, "changing " + kept.dn + " on " + connection->server() + ": the server did not show which entry it changed");
    if (dialect->id_of(*reply.post_read) != id) co_await take_back(connection, kept);
    co_return written;
}

asio::awaitable<std::vector<Reply>> search_all(std::shared_ptr<Connection> connection, std::vector<Search> searches) {
    std::vector<Connection::Pending> pending;
    for (const auto& one : searches) {
        Operation operation = one;
        pending.push_back(connection->begin(std::move(operation)));
    }
    std::vector<Reply> replies;
    std::exception_ptr failure;
    try {
        for (std::size_t i = 0; i < pending.size(); ++i) {
            auto one = pending[i];
            replies.push_back(co_await connection->reply(std::move(one)));
            check(replies.back(), searches[i].base, searches[i].size_limit, connection->server());
        }
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        // Nobody would notice that they are late, and they would keep their places in the window.
        for (const auto& one : pending) connection->abandon(one);
        std::rethrow_exception(failure);
    }
    co_return replies;
}

asio::awaitable<Reply> search(std::shared_ptr<Connection> connection, Search what) {
    const auto base = what.base;
    const int size_limit = what.size_limit;
    Operation operation = std::move(what);
    auto pending = connection->begin(std::move(operation));
    auto reply = co_await connection->reply(std::move(pending));
    check(reply, base, size_limit, connection->server());
    co_return reply;
}

}  // namespace stint::directory_ldap
