// Copies a plugin's standard error into the broker's log, under the plugin's name, for as long as it talks.
#pragma once

#include "plugin_host/descriptor.hpp"
#include "plugin_host/said_lines.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>

namespace stint::plugin_host {

class ErrorsLog : public std::enable_shared_from_this<ErrorsLog> {
public:
    ErrorsLog(boost::asio::any_io_executor executor, const std::string& plugin, Descriptor errors);
    void start();
    /// Takes what is in the pipe now, without waiting, and closes it. The last line it said, escaped.
    std::string finish();

private:
    static boost::asio::awaitable<void> copy(std::shared_ptr<ErrorsLog> self);

    boost::asio::posix::stream_descriptor errors_;
    boost::asio::steady_timer pause_;
    SaidLines lines_;
    bool has_finished_ = false;
};

}  // namespace stint::plugin_host
