// Stands between the plugin and slapd's local socket and spoils what it is told to spoil. It reads LDAP's framing
// (RFC 4511) and nothing of the contents. For tests only: there is no TLS on a local socket.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace stint::testing {

/// What happens to modify operations.
enum class Fault {
    none,
    swallow_request,   ///< the server never sees it
    hold_request,      ///< the server sees it when the fault is taken back, whoever still waits for it
    swallow_reply,     ///< the server does it, nobody hears of it
    cut_at_reply,      ///< the server does it, the connection ends
    other_id,          ///< the answer carries the id of nobody
    notice,            ///< instead of the request's answer, a notice of disconnection
    garbage,           ///< instead of the answer, bytes that are no LDAP
    result_code,       ///< the server never sees it, the answer has the code set below
};

class FaultProxy {
public:
    explicit FaultProxy(const std::string& slapd_folder);
    ~FaultProxy();
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    [[nodiscard]] std::string url() const;  ///< ldapi://…
    void spoil(Fault fault, int result_code = 0);
    /// The server does not see the next searches but those of the root entry, which a client may send to see if it is there.
    void swallow_searches(int count) { searches_to_swallow_ = count; }
    [[nodiscard]] int modifies_seen() const { return modifies_seen_; }
    [[nodiscard]] int abandons_seen() const { return abandons_seen_; }
    [[nodiscard]] int root_searches_seen() const { return root_searches_seen_; }

private:
    struct Pair {
        int client = -1, server = -1;
        std::string from_client, from_server;
        std::vector<std::string> held;
    };
    void run();
    void accept_one();
    bool pump(Pair& pair, bool is_from_client);
    bool request(Pair& pair, const std::string& frame);
    bool reply(Pair& pair, const std::string& frame);
    void release(Pair& pair);

    std::string upstream_, path_;
    int listener_ = -1;
    int wake_[2] = {-1, -1};
    std::atomic<Fault> fault_{Fault::none};
    std::atomic<int> result_code_{0}, modifies_seen_{0}, abandons_seen_{0}, root_searches_seen_{0}, searches_to_swallow_{0};
    std::map<int, Pair> pairs_;  ///< by client descriptor; the thread's own
    std::thread thread_;
};

}  // namespace stint::testing
