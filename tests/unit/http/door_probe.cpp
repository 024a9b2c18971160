// The door before a FakeService, for tests in other languages: serves on the socket named by its argument, says "ready",
// and ends when its standard input does.
#include "fake_service.hpp"

#include "http/door.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <iostream>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: door_probe SOCKET\n";
        return 2;
    }
    boost::asio::io_context io{1};
    stint::FakeService service(io.get_executor());
    stint::DoorSettings settings;
    settings.socket = argv[1];
    settings.requests_per_minute = 100'000;
    settings.times.keep_alive = std::chrono::seconds(1);
    settings.look_up_login = [](std::uint32_t) { return std::optional<std::string>("ada"); };
    stint::Door door(io.get_executor(), service, settings);
    door.open();
    std::cout << "ready" << std::endl;
    boost::asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
    std::array<char, 64> ignored{};
    input.async_read_some(boost::asio::buffer(ignored), [&](boost::system::error_code, std::size_t) {
        boost::asio::co_spawn(io, door.drain(), [&](const std::exception_ptr&) { io.stop(); });
    });
    io.run();
    return 0;
}
