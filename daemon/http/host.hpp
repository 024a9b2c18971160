// What the sessions of one door share. One thread, so no locks.
#pragma once

#include "app/service.hpp"
#include "http/attestation.hpp"
#include "http/counters.hpp"
#include "http/door.hpp"
#include "http/limits.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <unordered_set>

namespace stint::http {

class Session;

struct Host {
    Host(boost::asio::any_io_executor on, Service& asked, DoorSettings with);

    boost::asio::any_io_executor executor;
    Service& service;
    DoorSettings settings;
    Places places;
    Places turned_away;                          ///< of those without a place: they are told, and linger
    Rate rate;
    Counters counters;
    std::unique_ptr<LoginBook> logins;           ///< gone once the door is
    std::unordered_set<Session*> sessions;
    boost::asio::steady_timer all_left;          ///< cancelled whenever a session ends
};

using LocalSocket = boost::asio::local::stream_protocol::socket;

/// Serves a connection until it ends; the session keeps itself alive. Never throws.
void start_session(std::shared_ptr<Host> host, LocalSocket socket);
/// No more requests: an idle connection is closed, a stream ends politely, a request under way is answered first.
void ask_to_leave(Session& session);
/// At once.
void throw_out(Session& session);

}  // namespace stint::http
