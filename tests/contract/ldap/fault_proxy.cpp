// One thread, poll, whole frames.
#include "tests/contract/ldap/fault_proxy.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace stint::testing {
namespace {

constexpr unsigned char search_request = 0x63, abandon_request = 0x50, modify_request = 0x66, modify_response = 0x67, unbind_request = 0x42;

int local_socket(const std::string& path, bool is_listener) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    const bool is_done = is_listener ? ::bind(fd, where, sizeof address) == 0 && ::listen(fd, 16) == 0 : ::connect(fd, where, sizeof address) == 0;
    if (is_done) return fd;
    ::close(fd);
    return -1;
}

unsigned char byte_at(const std::string& bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

/// Where the contents of an element begin, and its whole length; {0, 0} while it is not complete.
struct Frame {
    std::size_t contents = 0, whole = 0;
};
Frame frame_at_start(const std::string& bytes) {
    if (bytes.size() < 2) return {};
    std::size_t length = byte_at(bytes, 1), header = 2;
    if ((length & 0x80U) != 0) {
        const auto count = length & 0x7FU;
        if (bytes.size() < 2 + count) return {};
        length = 0;
        for (std::size_t i = 0; i < count; ++i) length = length << 8U | byte_at(bytes, 2 + i);
        header += count;
    }
    if (bytes.size() < header + length) return {};
    return {header, header + length};
}

/// After the message id: the operation.
std::string body_of(const std::string& frame) {
    const auto id = frame_at_start(frame).contents;
    return frame.substr(std::min(frame.size(), id + 2 + byte_at(frame, id + 1)));
}

unsigned char operation_of(const std::string& frame) {
    const auto body = body_of(frame);
    return body.empty() ? 0 : byte_at(body, 0);
}

/// A search begins with the DN of its base.
bool is_root_search(const std::string& frame) {
    const auto body = body_of(frame);
    return body.compare(frame_at_start(body).contents, 2, std::string("\x04\0", 2)) == 0;
}

std::string id_of(const std::string& frame) {
    const auto id = frame_at_start(frame).contents;
    return frame.substr(id, 2U + byte_at(frame, id + 1));
}

std::string element(unsigned char tag, const std::string& contents) {
    return std::string(1, static_cast<char>(tag)) + static_cast<char>(contents.size()) + contents;
}

std::string result(const std::string& id, int code) {
    return element(0x30, id + element(modify_response, element(0x0A, std::string(1, static_cast<char>(code))) + element(0x04, "") + element(0x04, "spoilt")));
}

std::string notice_of_disconnection() {
    return element(0x30, element(0x02, std::string(1, '\0')) +
                             element(0x78, element(0x0A, "\x34") + element(0x04, "") + element(0x04, "going down") +
                                               element(0x8A, "1.3.6.1.4.1.1466.20036")));
}

void write_all(int fd, const std::string& bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto count = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
        if (count <= 0) return;
        done += static_cast<std::size_t>(count);
    }
}

}  // namespace

FaultProxy::FaultProxy(const std::string& slapd_folder) : upstream_(slapd_folder + "/ldapi"), path_(slapd_folder + "/proxy") {
    listener_ = local_socket(path_, true);
    if (listener_ < 0 || ::pipe2(wake_, O_CLOEXEC) != 0) throw std::runtime_error("fault proxy: cannot listen at " + path_);
    thread_ = std::thread([this] { run(); });
}

FaultProxy::~FaultProxy() {
    (void)!::write(wake_[1], "q", 1);
    thread_.join();
    for (const auto& [fd, pair] : pairs_) {
        ::close(pair.client);
        ::close(pair.server);
    }
    for (const int fd : {listener_, wake_[0], wake_[1]}) ::close(fd);
    ::unlink(path_.c_str());
}

std::string FaultProxy::url() const {
    std::string url = "ldapi://";
    for (const char c : path_) url += c == '/' ? std::string("%2F") : std::string(1, c);
    return url;
}

void FaultProxy::spoil(Fault fault, int result_code) {
    result_code_ = result_code;
    fault_ = fault;
    (void)!::write(wake_[1], "w", 1);
}

void FaultProxy::run() {
    while (true) {
        std::vector<pollfd> watched{{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
        for (const auto& [fd, pair] : pairs_) {
            if (pair.client >= 0) watched.push_back({pair.client, POLLIN, 0});
            watched.push_back({pair.server, POLLIN, 0});
        }
        if (::poll(watched.data(), watched.size(), -1) < 0) return;
        if ((watched[1].revents & POLLIN) != 0) {
            char word = 0;
            (void)!::read(wake_[0], &word, 1);
            if (word == 'q') return;
        }
        for (auto it = pairs_.begin(); it != pairs_.end();) {
            auto& pair = it->second;
            if (fault_ == Fault::none) release(pair);
            const auto is_ready = [&](int fd) {
                for (const auto& one : watched)
                    if (one.fd == fd && one.revents != 0) return true;
                return false;
            };
            if (pair.client >= 0 && is_ready(pair.client) && !pump(pair, true)) {
                ::close(pair.client);
                pair.client = -1;
            }
            const bool is_over = is_ready(pair.server) && !pump(pair, false);
            // What is held may still be let through when its sender has gone.
            if (is_over || (pair.client < 0 && pair.held.empty())) {
                if (pair.client >= 0) ::close(pair.client);
                ::close(pair.server);
                it = pairs_.erase(it);
            } else {
                ++it;
            }
        }
        if ((watched[0].revents & POLLIN) != 0) accept_one();
    }
}

void FaultProxy::accept_one() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = local_socket(upstream_, false);
    if (client >= 0 && server >= 0) {
        auto& pair = pairs_[client];
        pair.client = client;
        pair.server = server;
        return;
    }
    if (client >= 0) ::close(client);
    if (server >= 0) ::close(server);
}

void FaultProxy::release(Pair& pair) {
    for (const auto& frame : pair.held) write_all(pair.server, frame);
    pair.held.clear();
}

/// Reads once and passes on what is complete; false when the connection is over.
bool FaultProxy::pump(Pair& pair, bool is_from_client) {
    std::array<char, 65536> bytes{};
    const auto count = ::recv(is_from_client ? pair.client : pair.server, bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    auto& buffer = is_from_client ? pair.from_client : pair.from_server;
    buffer.append(bytes.data(), static_cast<std::size_t>(count));
    for (auto frame = frame_at_start(buffer); frame.whole != 0; frame = frame_at_start(buffer)) {
        const auto whole = buffer.substr(0, frame.whole);
        buffer.erase(0, frame.whole);
        if (!(is_from_client ? request(pair, whole) : reply(pair, whole))) return false;
    }
    return true;
}

bool FaultProxy::request(Pair& pair, const std::string& frame) {
    if (operation_of(frame) == abandon_request) ++abandons_seen_;
    if (operation_of(frame) == search_request) {
        if (is_root_search(frame)) ++root_searches_seen_;
        else if (searches_to_swallow_ > 0 && searches_to_swallow_-- > 0) return true;
    }
    if (operation_of(frame) == modify_request) {
        ++modifies_seen_;
        const auto fault = fault_.load();
        if (fault == Fault::swallow_request) return true;
        if (fault == Fault::hold_request) {
            pair.held.push_back(frame);
            return true;
        }
        if (fault == Fault::notice || fault == Fault::garbage || fault == Fault::result_code) {
            if (fault == Fault::notice) write_all(pair.client, notice_of_disconnection());
            if (fault == Fault::garbage) write_all(pair.client, std::string("\x30\x05\xFF\xFF\xFF\xFF\xFF garbage"));
            if (fault == Fault::result_code) write_all(pair.client, result(id_of(frame), result_code_));
            return true;
        }
    }
    if (operation_of(frame) == unbind_request && !pair.held.empty()) return true;  // or the server would forget what is held
    write_all(pair.server, frame);
    return true;
}

bool FaultProxy::reply(Pair& pair, const std::string& frame) {
    if (operation_of(frame) == modify_response) {
        const auto fault = fault_.load();
        if (fault == Fault::swallow_reply) return true;
        if (fault == Fault::cut_at_reply) return false;
        if (fault == Fault::other_id) {
            write_all(pair.client, result(element(0x02, "\x7F\x7F"), 0));
            return true;
        }
    }
    if (pair.client >= 0) write_all(pair.client, frame);
    return true;
}

}  // namespace stint::testing
