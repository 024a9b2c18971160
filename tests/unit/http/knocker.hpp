// A client for tests: blocking, raw, able to misbehave. Every wait has a deadline.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace stint {

struct Response {
    int status = 0;
    std::map<std::string, std::string> fields;  ///< names in lower case
    std::string body;
};

class Knocker {
public:
    explicit Knocker(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            const int error = errno;
            ::close(fd_);
            throw std::runtime_error("connect: " + std::string(std::strerror(error)));
        }
    }
    ~Knocker() { hang_up(); }
    Knocker(Knocker&& other) noexcept : fd_(std::exchange(other.fd_, -1)), came_(std::move(other.came_)) {}
    Knocker& operator=(Knocker&&) = delete;

    void hang_up() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    void half_close() { ::shutdown(fd_, SHUT_WR); }

    /// False when the other side no longer takes it.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// Waits until `text` has come; false when the connection ended or the time was over first.
    bool await(std::string_view text, std::chrono::milliseconds patience = std::chrono::seconds(10)) {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (came_.find(text) == std::string::npos) {
            if (!more(until)) return false;
        }
        return true;
    }
    bool await_end(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (more(until)) {}
        return has_ended_;
    }
    /// The next whole response (with Content-Length); throws when none comes.
    Response response(bool is_head = false) {
        if (!await("\r\n\r\n")) throw std::runtime_error("no response; came: " + came_);
        const std::size_t end = came_.find("\r\n\r\n") + 4;
        Response response = parse_head(came_.substr(0, end));
        came_.erase(0, end);
        const std::size_t length = is_head || response.status == 100 ? 0 : std::stoul(response.fields.at("content-length"));
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (came_.size() < length && more(until)) {}
        if (came_.size() < length) throw std::runtime_error("the body was cut off");
        response.body = came_.substr(0, length);
        came_.erase(0, length);
        return response;
    }
    Response head_of_stream() {
        if (!await("\r\n\r\n")) throw std::runtime_error("no response");
        const std::size_t end = came_.find("\r\n\r\n") + 4;
        Response response = parse_head(came_.substr(0, end));
        came_.erase(0, end);
        return response;
    }
    [[nodiscard]] const std::string& came() const { return came_; }
    void forget() { came_.clear(); }

private:
    bool more(std::chrono::steady_clock::time_point until) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
        pollfd poll{fd_, POLLIN, 0};
        if (left <= 0 || ::poll(&poll, 1, static_cast<int>(left)) <= 0) return false;
        char buffer[4096];
        const auto got = ::recv(fd_, buffer, sizeof buffer, 0);
        if (got <= 0) {
            has_ended_ = true;
            return false;
        }
        came_.append(buffer, static_cast<std::size_t>(got));
        return true;
    }
    static Response parse_head(const std::string& head) {
        Response response;
        response.status = std::stoi(head.substr(9, 3));
        for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
            const std::size_t end = head.find("\r\n", at);
            const std::size_t colon = head.find(": ", at);
            std::string name = head.substr(at, colon - at);
            for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            response.fields[name] = head.substr(colon + 2, end - colon - 2);
            at = end + 2;
        }
        return response;
    }

    int fd_;
    std::string came_;
    bool has_ended_ = false;
};

inline std::string get(std::string_view target, std::string_view fields = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}
inline std::string post(std::string_view target, std::string_view body, std::string_view fields = "") {
    return "POST " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(fields) + "\r\n" + std::string(body);
}
inline const char* good_request() { return R"({"entitlement":"ehr-password-reset","ticket":"INC0001","reason":"locked out"})"; }

}  // namespace stint
