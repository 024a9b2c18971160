// The handlers the route table names. Each reads a command, asks the service, and writes what it answered.
#pragma once

#include "http/routes.hpp"

namespace stint::http {

boost::asio::awaitable<Answer> show_whoami(Service& service, Call call);
boost::asio::awaitable<Answer> list_entitlements(Service& service, Call call);
boost::asio::awaitable<Answer> file_request(Service& service, Call call);
boost::asio::awaitable<Answer> break_glass(Service& service, Call call);
boost::asio::awaitable<Answer> list_requests(Service& service, Call call);
boost::asio::awaitable<Answer> list_reviews(Service& service, Call call);
boost::asio::awaitable<Answer> show_request(Service& service, Call call);
boost::asio::awaitable<Answer> approve_request(Service& service, Call call);
boost::asio::awaitable<Answer> deny_request(Service& service, Call call);
boost::asio::awaitable<Answer> cancel_request(Service& service, Call call);
boost::asio::awaitable<Answer> extend_request(Service& service, Call call);
boost::asio::awaitable<Answer> release_request(Service& service, Call call);
boost::asio::awaitable<Answer> revoke_request(Service& service, Call call);
boost::asio::awaitable<Answer> give_verdict(Service& service, Call call);
boost::asio::awaitable<Answer> list_findings(Service& service, Call call);
boost::asio::awaitable<Answer> search_audit(Service& service, Call call);
boost::asio::awaitable<Answer> show_event(Service& service, Call call);
boost::asio::awaitable<Answer> tell_health(Service& service, Call call);
boost::asio::awaitable<Answer> tell_readiness(Service& service, Call call);
boost::asio::awaitable<Answer> tell_metrics(Service& service, Call call);

}  // namespace stint::http
