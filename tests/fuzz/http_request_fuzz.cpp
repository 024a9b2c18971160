// From the socket's bytes to the service's commands: framing, target, route, handler and the answer's bytes. The first
// byte says in which pieces the rest arrives.
#include "http/answer_writer.hpp"
#include "http/problem.hpp"
#include "http/request_reader.hpp"
#include "http/routes.hpp"

#include "tests/unit/http/fake_service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace stint;
using http::RequestReader;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_bytes(const http::Answer& answer, const http::Request& request) {
    const std::string bytes = http::to_bytes(answer, request, true);
    const std::size_t end = bytes.find("\r\n\r\n");
    require(end != std::string::npos && bytes.starts_with("HTTP/1."));
    require(bytes.size() - end - 4 == (request.verb == http::Verb::head ? 0 : answer.body.size()));
}

http::Answer run(FakeService& service, boost::asio::io_context& io, const http::Route& route, http::Call call) {
    http::Answer given;
    boost::asio::co_spawn(io, route.handler(service, std::move(call)), [&given](std::exception_ptr error, http::Answer answer) {
        require(!error);
        given = std::move(answer);
    });
    io.restart();
    io.run();
    return given;
}

void serve(FakeService& service, boost::asio::io_context& io, const http::Request& request) {
    require(request.body.size() <= 16 * 1024 && request.target.size() <= 1024 && request.target.starts_with('/'));
    const auto target = http::parse_target(request.target);
    if (!target) return;
    const auto found = http::find_route(request.verb, *target);
    if (const auto* no = std::get_if<http::Answer>(&found)) return check_bytes(*no, request);
    const http::Match match = std::get<http::Match>(found);
    if (match.route->handler == nullptr) return;
    const std::size_t asked = service.asked.size();
    const http::Answer answer = run(service, io, *match.route, {{Login("ada"), "peercred", "local uid 1000", {}}, request, *target, match.id, {}});
    check_bytes(answer, request);
    require(answer.status < 500);
    if (answer.status >= 400) require(service.asked.size() == asked);
    if (request.verb != http::Verb::post) {
        const std::string_view changing = "file break_glass approve deny cancel extend release revoke review";
        for (std::size_t i = asked; i < service.asked.size(); ++i) require(changing.find(service.asked[i].verb) == std::string_view::npos);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = data[0] == 0 ? size : data[0];
    std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    boost::asio::io_context io{1};
    FakeService service(io.get_executor());
    RequestReader reader;
    while (!bytes.empty() && reader.state() != RequestReader::State::refused) {
        reader.feed(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
        static_cast<void>(reader.take_continue());
        while (reader.state() == RequestReader::State::whole) serve(service, io, reader.take());
    }
    if (reader.state() == RequestReader::State::refused) {
        require(reader.refusal().must_close && reader.refusal().status >= 400);
        check_bytes(reader.refusal(), {});
    }
    return 0;
}
