// Writes requests by hand (they are few and ours), reads answers through HttpResponse and wire::parse_json, both bounded.
#include "client/cli/api.hpp"

#include "wire/json.hpp"

#include <boost/json/serialize.hpp>

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace stint::cli {
namespace {

constexpr std::string_view hex = "0123456789abcdef";
constexpr std::size_t refusal_limit = 64 * 1024;

/// 128 random bits: unique for each invocation, the same for its repetitions.
std::string new_idempotency_key() {
    std::array<unsigned char, 16> bits{};
    if (::getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size()))
        throw std::runtime_error("the system gives no random numbers");
    std::string key;
    for (const unsigned char byte : bits) key.append({hex[byte >> 4U], hex[byte & 0xFU]});
    return key;
}

bool is_json_type(const std::string& type) { return type == "application/json" || type == "application/problem+json"; }

[[noreturn]] void not_understood(const std::string& why) {
    throw Trouble(ExitCode::unexpected, "answer_not_understood", "The broker's answer cannot be understood: " + why + ".",
                  "Is it a stintd that listens at this socket, and of a version that fits?");
}

boost::json::object object_in(HttpResponse& response) {
    if (!is_json_type(response.content_type())) not_understood("it is not JSON (HTTP status " + std::to_string(response.status()) + ")");
    try {
        auto value = wire::parse_json(response.take_body(), {HttpResponse::body_limit, 32});
        if (value.is_object()) return std::move(value.as_object());
    } catch (const std::invalid_argument& error) {
        not_understood(error.what());
    }
    not_understood("it is JSON, but no object");
}

boost::json::object result_of(HttpResponse response) {
    const int status = response.status();
    if (status >= 200 && status < 300) return object_in(response);
    if (status < 400 || !is_json_type(response.content_type())) throw trouble_from(status, {});
    throw trouble_from(status, object_in(response));
}

/// One read's worth. The end of the connection may be how a body ends; anywhere else it is a loss.
std::size_t read_on(Socket& socket, HttpResponse& response, Clock::time_point deadline) {
    const std::string bytes = socket.receive(deadline);
    if (!bytes.empty()) {
        response.feed(bytes);
    } else {
        if (response.has_head()) response.finish();
        if (!response.is_whole()) throw ConnectionLost("it ended too early");
    }
    return bytes.size();
}

}  // namespace

Api::Api(ApiOptions options, Terminal& terminal) : options_(std::move(options)), terminal_(terminal) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (options_.act_as && (options_.act_as->empty() || std::any_of(options_.act_as->begin(), options_.act_as->end(), is_control)))
        throw usage_trouble("What follows --as is no login name.");
}

Api Api::within(std::chrono::milliseconds timeout) const {
    Api api = *this;
    api.options_.timeout = std::min(timeout, options_.timeout);
    return api;
}

boost::json::object Api::get(std::string_view target) const { return call(head("GET", target) + "\r\n", Repeat::safe); }

boost::json::object Api::post(std::string_view target, const boost::json::object& body, Repeat repeat) const {
    const std::string text = boost::json::serialize(body);
    return call(head("POST", target) + "Content-Type: application/json\r\nIdempotency-Key: " + new_idempotency_key() +
                    "\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text,
                repeat);
}

std::string Api::head(std::string_view method, std::string_view target) const {
    std::string head;
    head.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    head.append("User-Agent: stint/" STINT_VERSION "\r\nAccept: application/json, application/problem+json, text/event-stream\r\n");
    if (options_.act_as) head.append("Stint-Act-As: ").append(*options_.act_as).append("\r\n");
    return head;
}

boost::json::object Api::call(const std::string& request, Repeat repeat) const {
    const auto give_up_at = Clock::now() + options_.patience;
    auto pause = std::chrono::milliseconds{100};
    bool was_sent = false;
    for (;;) {
        std::string why;
        try {
            return result_of(exchange(request));
        } catch (const BadResponse& error) {
            not_understood(error.what());
        } catch (const NotReachable& error) {
            if (!was_sent) throw unreachable(error.what());
            why = error.what();
        } catch (const TooSlow&) {
            throw Trouble(ExitCode::unreachable, "broker_silent", "The broker did not answer in time.",
                          "It may still do what was asked: `stint list` tells. --timeout waits longer.");
        } catch (const ConnectionLost& error) {
            why = error.what();
        }
        was_sent = true;
        if (repeat == Repeat::once || Clock::now() + pause > give_up_at)
            throw Trouble(ExitCode::unreachable, "answer_lost", "The connection to the broker was lost before its answer came: " + why + ".",
                          "Whether it was done, `stint list` and `stint show` tell.");
        terminal_.status("The connection to the broker was lost; asking again", why);
        wait_for({}, Clock::now() + pause);
        pause = std::min(pause * 2, std::chrono::milliseconds{2'000});
    }
}

HttpResponse Api::exchange(const std::string& request) const {
    const auto deadline = Clock::now() + options_.timeout;
    Socket socket(options_.socket, deadline);
    socket.send(request, deadline);
    HttpResponse response;
    while (!response.is_whole()) read_on(socket, response, deadline);
    return response;
}

std::pair<Socket, HttpResponse> Api::open_stream(std::string_view target, std::string_view last_event_id) const {
    const auto deadline = Clock::now() + std::min(options_.timeout, std::chrono::milliseconds{5'000});
    std::string request = head("GET", target);
    if (!last_event_id.empty()) request.append("Last-Event-ID: ").append(last_event_id).append("\r\n");
    Socket socket(options_.socket, deadline);
    socket.send(request + "\r\n", deadline);
    HttpResponse response(HttpResponse::Body::endless);
    while (!response.has_head()) read_on(socket, response, deadline);
    if (response.status() == 200 && response.content_type() == "text/event-stream") return {std::move(socket), std::move(response)};
    if (response.status() < 400) not_understood("it is no stream of events");
    for (std::size_t got = 0; !response.is_whole();) {
        got += read_on(socket, response, deadline);
        if (got > refusal_limit) throw BadResponse("a refusal is longer than it may be");
    }
    result_of(std::move(response));
    not_understood("it is no stream of events");
}

Trouble Api::unreachable(std::string_view why) const {
    return {ExitCode::unreachable, "broker_unreachable",
            "The broker cannot be reached at " + options_.socket + ": " + std::string(why) + ".",
            "Is stintd running there? --socket, STINT_SOCKET or the configuration file name another socket."};
}

std::string query(const std::vector<std::pair<std::string_view, std::string>>& fields) {
    std::string text;
    for (const auto& [name, value] : fields) {
        if (value.empty()) continue;
        text.append(text.empty() ? "?" : "&").append(name).append("=");
        for (const char c : value) {
            const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
            const auto byte = static_cast<unsigned char>(c);
            if (is_plain) text += c;
            else text.append({'%', hex[byte >> 4U], hex[byte & 0xFU]});
        }
    }
    return text;
}

}  // namespace stint::cli
