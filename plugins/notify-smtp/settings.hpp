// The plugin's settings, read once and strictly. TLS is not among them: it is always on and always verified.
#pragma once

#include "plugins/notify-smtp/address.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <string>

namespace stint::notify_smtp {

struct Settings {
    std::string url;      ///< smtp://host:port/hello: STARTTLS is required; smtps://: TLS from the first byte
    std::string server;   ///< as it was written, for messages
    std::string ca_file;  ///< "": the system's
    Mailbox from;
    std::string username, password;  ///< both or neither
    std::string link_base;
    std::chrono::milliseconds timeout{30000};  ///< of one mail
};

/// Throws PluginError(invalid_params) that names the key.
[[nodiscard]] Settings read_settings(const boost::json::object& settings);

}  // namespace stint::notify_smtp
