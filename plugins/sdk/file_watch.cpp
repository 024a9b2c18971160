// inotify on the folder, filtered by name; see file_watch.hpp.
#include "plugins/sdk/file_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace stint::sdk {

namespace {
constexpr std::uint32_t events =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t folder_gone = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT;
}  // namespace

std::shared_ptr<FileWatch> FileWatch::start(const boost::asio::any_io_executor& executor, const std::filesystem::path& file,
                                            std::function<void()> on_change) {
    const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "inotify");
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    if (::inotify_add_watch(fd, folder.c_str(), events) < 0) {
        const int error = errno;
        ::close(fd);
        throw std::system_error(error, std::generic_category(), folder.string());
    }
    auto watch = std::make_shared<FileWatch>(executor, fd, file.filename().string(), std::move(on_change));
    watch->wait();
    return watch;
}

void FileWatch::stop() noexcept {
    is_alive_ = false;
    boost::system::error_code ignored;
    inotify_.close(ignored);
}

void FileWatch::wait() {
    inotify_.async_read_some(boost::asio::buffer(buffer_), [self = shared_from_this()](boost::system::error_code error, std::size_t bytes) {
        if (error || !self->is_alive_) {
            self->is_alive_ = false;
            return;
        }
        const bool must_tell = self->is_about_us(bytes);
        if (self->is_alive_) self->wait();
        if (must_tell) self->on_change_();
    });
}

bool FileWatch::is_about_us(std::size_t bytes) {
    bool is_ours = false;
    std::size_t at = 0;
    while (at + sizeof(inotify_event) <= bytes) {
        inotify_event event{};
        std::memcpy(&event, buffer_.data() + at, sizeof event);
        const char* name = buffer_.data() + at + sizeof event;
        const std::string_view said(name, ::strnlen(name, event.len));
        if ((event.mask & folder_gone) != 0) is_alive_ = false;
        // A queue that ran over may have lost the very event that matters.
        is_ours = is_ours || said == name_ || (event.mask & (folder_gone | IN_Q_OVERFLOW)) != 0;
        at += sizeof event + event.len;
    }
    return is_ours;
}

}  // namespace stint::sdk
