// The local door: HTTP/1.1 with JSON on a unix socket, for callers whom the kernel attests. Public face of this room;
// it decides nothing about requests and grants, and nothing of the HTTP library shows here.
#pragma once

#include "app/service.hpp"
#include "core/refusal.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace stint {

struct DoorSettings {
    std::filesystem::path socket;            ///< where to listen; its folder exists
    std::optional<int> inherited_socket;     ///< listens already (systemd); then `socket` is not touched
    bool may_act_as = false;                 ///< demo only: Stint-Act-As is believed
    int connections_per_uid = 32;
    int connections = 1024;                  ///< in all
    int requests_per_minute = 120;           ///< per person

    struct Times {
        std::chrono::milliseconds header{10'000};        ///< from a request's first byte to the end of its header
        std::chrono::milliseconds idle{60'000};          ///< between two requests
        std::chrono::milliseconds request{30'000};       ///< from its first byte until it was answered
        std::chrono::milliseconds stream_write{120'000}; ///< a stream's reader may stall so long
        std::chrono::milliseconds drain{10'000};
        std::chrono::milliseconds login{10'000};         ///< NSS may take so long
        std::chrono::milliseconds broken_world{2'000};   ///< until a stream asks again after an exception
        std::chrono::seconds keep_alive{15};             ///< a silent stream says something so often
    } times;

    /// What an exception of the service means to callers; without an answer it is an internal error.
    std::function<std::optional<Refusal>(const std::exception_ptr&)> explain;
    /// The login of a uid; NSS when empty. Runs on a thread of its own and may block.
    std::function<std::optional<std::string>(std::uint32_t uid)> look_up_login;
    /// The uid at the other end of a connected socket; SO_PEERCRED when empty. nullopt is nobody.
    std::function<std::optional<std::uint32_t>(int socket)> peer_uid;
};

/// Runs wholly on `executor`, which must be one thread. `service` must outlive every handler of the executor.
class Door {
public:
    Door(boost::asio::any_io_executor executor, Service& service, DoorSettings settings);
    /// Closes every connection at once.
    ~Door();
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

    /// Binds, listens and accepts. Throws std::runtime_error that says what is wrong and what to do.
    void open();
    /// Stops accepting, lets requests under way finish (at most `times.drain`), ends streams politely.
    [[nodiscard]] boost::asio::awaitable<void> drain();

private:
    class Listener;
    std::unique_ptr<Listener> listener_;
};

}  // namespace stint
