// A door on a socket in a folder of its own, run by a thread of its own, before a FakeService.
#pragma once

#include "fake_service.hpp"
#include "knocker.hpp"

#include "http/door.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <thread>

namespace stint {

class OpenDoor : public testing::Test {
protected:
    OpenDoor() {
        std::string name = (std::filesystem::temp_directory_path() / "stint-door-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        folder = name;
        settings.socket = folder / "stint.sock";
        settings.look_up_login = [](std::uint32_t) { return std::optional<std::string>("ada"); };
    }
    ~OpenDoor() override {
        break_off();
        std::filesystem::remove_all(folder);
    }
    /// Closes the door and stops its thread; `open` may be called again.
    void break_off() {
        if (!thread_.joinable()) return;
        on_io([this] { door.reset(); });
        io.stop();
        thread_.join();
        io.restart();
    }

    void open() {
        service = std::make_unique<FakeService>(io.get_executor());
        door = std::make_unique<Door>(io.get_executor(), *service, settings);
        door->open();
        thread_ = std::thread([this] { io.run(); });
    }
    /// Runs something where the service lives, and waits for it.
    template <class Work>
    auto on_io(Work work) -> decltype(work()) {
        std::packaged_task<decltype(work())()> task(std::move(work));
        auto done = task.get_future();
        boost::asio::post(io, [&task] { task(); });
        return done.get();
    }
    /// Waits until it holds, looking again each few milliseconds.
    bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience = std::chrono::seconds(10)) {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (!on_io(holds)) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        return true;
    }
    std::future<void> drain() { return boost::asio::co_spawn(io, door->drain(), boost::asio::use_future); }

    Knocker knock() { return Knocker(settings.socket.string()); }
    Response ask(std::string_view request, bool is_head = false) {
        Knocker knocker = knock();
        knocker.send(request);
        return knocker.response(is_head);
    }
    std::size_t times_asked() {
        return on_io([this] { return service->asked.size(); });
    }

    std::filesystem::path folder;
    DoorSettings settings;
    boost::asio::io_context io{1};
    std::unique_ptr<FakeService> service;
    std::unique_ptr<Door> door;

private:
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io.get_executor()};
    std::thread thread_;
};

}  // namespace stint
