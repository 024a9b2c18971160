// What a plugin may send, from bytes to core types. The first byte chooses what the answer is taken for; whatever
// comes, it is understood, or refused in words that are fit for the log.
#include "log/log.hpp"
#include "plugin_host/decode.hpp"
#include "plugin_host/said_lines.hpp"
#include "wire/jsonrpc.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace {

using namespace stint;

void require(bool is_so) {
    if (!is_so) std::abort();
}

// A message of ours must reach a log or a terminal without harm, after the log's own escaping at the latest.
void understand(unsigned choice, const boost::json::object& result) {
    switch (choice % 8) {
        case 0: require(!plugin_host::identity_from(result).name.empty()); break;
        case 1: require(!plugin_host::person_from(result).ref.id.empty()); break;
        case 2: require(!plugin_host::group_from(result).ref.id.empty()); break;
        case 3: require(plugin_host::members_from(result).members.size() <= plugin_host::members_page); break;
        case 4: static_cast<void>(plugin_host::read_back_from(result)); break;
        case 5: static_cast<void>(plugin_host::added_from(result)); static_cast<void>(plugin_host::removed_from(result)); break;
        case 6: require(!plugin_host::ticket_from(result).id.empty()); break;
        default: require(!plugin_host::changed_group_from(result).empty()); break;
    }
}

void take(unsigned choice, const std::string& line) {
    try {
        const wire::RpcMessage message = wire::parse_message(line);
        if (const auto* request = std::get_if<wire::RpcRequest>(&message)) {
            const wire::RpcMessage again = wire::parse_message(wire::to_line(*request));
            require(std::get<wire::RpcRequest>(again).method == request->method);
            understand(choice, request->params);
            return;
        }
        const auto& response = std::get<wire::RpcResponse>(message);
        if (const auto* error = std::get_if<wire::RpcError>(&response.outcome)) {
            const Fault read = plugin_host::fault_from(*error, plugin_host::Impact::read, "x");
            require(read.kind() != FaultKind::unknown_outcome);
            for (const char letter : std::string_view(read.what())) require(static_cast<unsigned char>(letter) >= 0x20);
            return;
        }
        understand(choice, std::get<boost::json::object>(response.outcome));
    } catch (const std::invalid_argument&) {  // no message
    } catch (const Fault& fault) {
        require(fault.kind() == FaultKind::broken);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    const std::size_t step = 1U + data[1];
    wire::LineSplitter splitter(64UL * 1024);
    std::string last;
    plugin_host::SaidLines said([&](std::string_view line) { last = log::escaped(line); }, [](std::size_t) {});
    try {
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            splitter.feed(bytes.substr(at, step));
            said.feed(bytes.substr(at, step), {});
            while (const auto line = splitter.next()) take(data[0], *line);
        }
    } catch (const std::length_error&) {  // too long a line
    }
    said.finish({});
    return 0;
}
