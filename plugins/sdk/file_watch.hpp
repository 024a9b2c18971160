// Says when a file may have changed, however it was: written in place, replaced, removed, made. Reads nothing itself.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace stint::sdk {

/// Watches the folder, since an editor's "save" often puts another file in the old one's place (inotify(7)).
class FileWatch : public std::enable_shared_from_this<FileWatch> {
public:
    /// Throws std::system_error when the folder cannot be watched.
    [[nodiscard]] static std::shared_ptr<FileWatch> start(const boost::asio::any_io_executor& executor, const std::filesystem::path& file,
                                                          std::function<void()> on_change);
    FileWatch(const boost::asio::any_io_executor& executor, int fd, std::string name, std::function<void()> on_change)
        : inotify_(executor, fd), name_(std::move(name)), on_change_(std::move(on_change)) {}
    void stop() noexcept;
    /// False once the folder itself has gone: start another one.
    [[nodiscard]] bool is_alive() const noexcept { return is_alive_; }

private:
    void wait();
    [[nodiscard]] bool is_about_us(std::size_t bytes);

    boost::asio::posix::stream_descriptor inotify_;
    std::string name_;
    std::function<void()> on_change_;
    alignas(8) std::array<char, 8192> buffer_{};
    bool is_alive_ = true;
};

}  // namespace stint::sdk
