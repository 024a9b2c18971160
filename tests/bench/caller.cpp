// HTTP/1.1 by hand: as little work as can be, because it runs on the processors that are being measured.
#include "tests/bench/caller.hpp"

#include "tests/bench/figures.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <utility>

namespace stint::bench {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

/// What stands behind `"name":` in the last place that has it.
std::string field(const std::string& json, const std::string& name) {
    const std::string key = '"' + name + "\":";
    const auto at = json.rfind(key);
    if (at == std::string::npos) return {};
    const auto begin = at + key.size();
    const auto end = json.find_first_of(",}", begin);
    return json.substr(begin, end - begin);
}

}  // namespace

double wall_clock() {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

Caller::Caller(const std::string& socket, uid_t uid) : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::seteuid(uid) != 0) fail("cannot be another user");
    const int result = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int trouble = errno;
    if (::seteuid(0) != 0) std::abort();
    if (result != 0) fail(std::string("cannot connect: ") + std::strerror(trouble));
}

Caller::~Caller() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Caller::Caller(Caller&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), id_(other.id_), is_streaming_(other.is_streaming_), received_(std::move(other.received_)) {}

Caller& Caller::operator=(Caller&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(id_, other.id_);
    std::swap(is_streaming_, other.is_streaming_);
    std::swap(received_, other.received_);
    return *this;
}

void Caller::send(const std::string& text) const {
    if (::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) fail("the broker does not take a request");
}

void Caller::ask(const std::string& entitlement, const std::string& duration) {
    const std::string body = R"({"entitlement":")" + entitlement + R"(","reason":"a measurement","duration":")" + duration + R"("})";
    send("POST /v1/requests HTTP/1.1\r\nHost: stint\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body);
}

void Caller::step() {
    char space[16384];
    for (;;) {
        const auto size = ::recv(descriptor_, space, sizeof space, 0);
        if (size == 0) fail("the broker closed a connection: " + received_);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno != EAGAIN) fail(std::string("cannot read: ") + std::strerror(errno));
        if (size < 0) break;
        received_.append(space, static_cast<std::size_t>(size));
    }
    if (!is_streaming_) take_answer();
}

/// The answer to the request is whole when as much has come as its head said.
void Caller::take_answer() {
    const auto head_end = received_.find("\r\n\r\n");
    if (head_end == std::string::npos) return;
    if (received_.compare(0, 12, "HTTP/1.1 201") != 0) fail("a request was refused: " + received_);
    const auto length = received_.find("Content-Length: ");
    if (length == std::string::npos || length > head_end) fail("an answer without a length: " + received_);
    const std::size_t whole = head_end + 4 + std::strtoul(received_.c_str() + length + 16, nullptr, 10);
    if (received_.size() < whole) return;
    id_ = std::strtoll(field(received_, "id").c_str(), nullptr, 10);
    if (has_seen("ready")) return;
    send("GET /v1/events?request=" + std::to_string(id_) + " HTTP/1.1\r\nHost: stint\r\n\r\n");
    is_streaming_ = true;
}

bool Caller::has_seen(const std::string& state) const { return received_.find("\"state\":\"" + state + '"') != std::string::npos; }

void Caller::wait_for(const std::string& state) {
    for (const auto begin = Clock::now(); !has_seen(state);) {
        pollfd ready{descriptor_, POLLIN, 0};
        if (::poll(&ready, 1, 1000) > 0) step();
        if (seconds_since(begin) > 60) fail("no " + state + " within a minute: " + received_);
    }
}

std::optional<double> Caller::expires_at() const {
    const std::string text = field(received_, "expires_at");  // "2026-01-31T12:00:00.123456Z"
    std::tm calendar{};
    const char* rest = text.empty() ? nullptr : ::strptime(text.c_str() + 1, "%Y-%m-%dT%H:%M:%S", &calendar);
    if (rest == nullptr) return std::nullopt;
    const double fraction = *rest == '.' ? std::strtod(rest, nullptr) : 0;
    return static_cast<double>(::timegm(&calendar)) + fraction;
}

}  // namespace stint::bench
