// From a table of stintd.toml to Settings; see settings.hpp. A password never gets into a message.
#include "plugins/notify-smtp/settings.hpp"

#include "daemon/core/time.hpp"
#include "plugins/sdk/plain_line.hpp"
#include "plugins/sdk/plugin.hpp"
#include "plugins/sdk/settings.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace stint::notify_smtp {
namespace {

using sdk::PluginError;
using sdk::Reason;

constexpr std::string_view start_tls_scheme = "smtp://";
constexpr std::string_view tls_scheme = "smtps://";

[[noreturn]] void bad(const std::string& what) { throw PluginError(Reason::invalid_params, what); }

/// host:port without scheme, checked; the port by the scheme when there is none.
std::string authority(std::string_view rest, std::string_view usual_port) {
    const std::size_t colon = rest.rfind(':');
    const bool is_ipv6 = rest.starts_with('[');
    std::string_view host = rest;
    std::string_view port = usual_port;
    if (colon != std::string_view::npos && (!is_ipv6 || rest.find(']') < colon)) {
        host = rest.substr(0, colon);
        port = rest.substr(colon + 1);
    }
    const bool is_bracketed = is_ipv6 && host.size() > 2 && host.ends_with(']') &&
                              host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    if (!is_bracketed && !is_host(host))
        bad("server has no host's name behind its scheme, or more than that; write smtp://mail.example.org:587");
    const bool is_number = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string_view::npos;
    const int number = is_number ? std::atoi(std::string(port).c_str()) : 0;
    if (number < 1 || number > 65535) bad("server has a port that is none");
    return std::string(host) + ":" + std::to_string(number);
}

std::string own_name() {
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0 || !is_host(name)) return "localhost";
    return name;
}

std::string read_url(const boost::json::object& settings, const std::string& server) {
    const std::string hello = sdk::text_or(settings, "hello", own_name());
    if (!is_host(hello)) bad("hello must be a host's name");
    const std::string mode = sdk::text_or(settings, "starttls", "required");
    if (std::string_view(server).starts_with(tls_scheme)) {
        if (settings.contains("starttls") && mode != "tls")
            bad("starttls does not go with smtps://, which is TLS from the first byte; take it out");
        return std::string(tls_scheme) + authority(std::string_view(server).substr(tls_scheme.size()), "465") + "/" + hello;
    }
    if (!std::string_view(server).starts_with(start_tls_scheme))
        bad("server must begin with smtp:// (STARTTLS) or smtps:// (TLS from the first byte)");
    if (mode != "required") bad("starttls must be \"required\": mail is never sent in the clear; for TLS from the first byte use smtps://");
    return std::string(start_tls_scheme) + authority(std::string_view(server).substr(start_tls_scheme.size()), "587") + "/" + hello;
}

std::string read_link_base(const boost::json::object& settings) {
    std::string base = sdk::text_or(settings, "link_base", "", 1024);
    if (base.empty()) return base;
    if (!base.starts_with("https://") || sdk::one_line(base) != base || base.find_first_of(" \"'<>?#") != std::string::npos)
        bad("link_base must be the page's address, such as https://stint.example.org");
    while (base.ends_with('/')) base.pop_back();
    return base;
}

}  // namespace

Settings read_settings(const boost::json::object& settings) {
    sdk::refuse_unknown_keys(settings, {"server", "ca_file", "from", "username", "password_credential", "password_file", "starttls",
                                        "link_base", "timeout", "hello"});
    Settings read;
    read.server = sdk::required_text(settings, "server", 512);
    read.url = read_url(settings, read.server);
    read.ca_file = sdk::text_or(settings, "ca_file", "", 4096);
    if (!read.ca_file.empty() && ::access(read.ca_file.c_str(), R_OK) != 0) bad("ca_file cannot be read: " + read.ca_file);
    const auto from = parse_mailbox(sdk::required_text(settings, "from", 512));
    if (!from) bad("from must be an address such as stint@example.org or Stint <stint@example.org>");
    read.from = *from;
    read.username = sdk::text_or(settings, "username", "", 256);
    read.password = sdk::read_secret(settings, "password");
    if (read.username.empty() != read.password.empty())
        bad("username and password_credential (or password_file) go together: one of them is missing");
    if (sdk::one_line(read.username) != read.username) bad("username holds a control character");
    read.link_base = read_link_base(settings);
    const auto timeout = parse_duration(sdk::text_or(settings, "timeout", "30s"));
    if (!timeout || *timeout > std::chrono::minutes(5)) bad("timeout must be a duration from 1s to 5m");
    read.timeout = *timeout;
    return read;
}

}  // namespace stint::notify_smtp
