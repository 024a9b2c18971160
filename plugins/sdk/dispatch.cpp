// The protocol's rules; see dispatch.hpp and PROTOCOL.md. Runs on the io thread only.
#include "plugins/sdk/dispatch.hpp"

#include "daemon/wire/json.hpp"
#include "plugins/sdk/lines.hpp"
#include "plugins/sdk/secret.hpp"
#include "plugins/sdk/stderr_log.hpp"
#include "plugins/sdk/utf8.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace stint::sdk {
namespace {

namespace json = boost::json;

constexpr int protocol_version = 1;
constexpr int code_parse = -32700;
constexpr int code_invalid_request = -32600;
constexpr std::size_t max_message_bytes = 4096;  // what the broker keeps of one
constexpr wire::JsonLimits line_limits{.bytes = max_line_bytes, .depth = 32};

std::string_view word(Reason reason) {
    switch (reason) {
        case Reason::invalid_params:
            return "invalid_params";
        case Reason::unknown_method:
            return "unknown_method";
        case Reason::unreachable:
            return "unreachable";
        case Reason::unknown_outcome:
            return "unknown_outcome";
        case Reason::refused:
            return "refused";
        case Reason::not_found:
            return "not_found";
        case Reason::not_allowed:
            return "not_allowed";
        case Reason::busy:
            return "busy";
    }
    return "refused";
}

/// The calls that change something outside: when one breaks in an unforeseen way, it may have been done.
bool is_write(std::string_view method) { return method == "add" || method == "remove" || method == "deliver" || method == "note"; }

/// Answers are UTF-8 by the protocol; what an outside server said may not be. Boost.JSON writes bytes as they are, and
/// the broker ends a plugin whose line it cannot read.
std::string as_line(const json::object& message) {
    std::string line = json::serialize(message);
    if (!is_utf8(line)) line = as_utf8(line);
    line += '\n';
    return line;
}

const json::object* params_of(const json::object& message, const json::object& none) {
    const json::value* params = message.if_contains("params");
    if (params == nullptr) return &none;
    return params->if_object();
}

}  // namespace

void Dispatcher::line(std::string_view text) {
    if (state_ == State::stopped) return;
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (text.empty()) return;
    json::value message;
    try {
        message = wire::parse_json(text, line_limits);
    } catch (const std::exception& error) {
        fail(nullptr, code_parse, "parse", error.what());
        return;
    }
    const json::object* object = message.if_object();
    if (object == nullptr) {
        fail(nullptr, code_invalid_request, "invalid_request",
             "a line must be one JSON-RPC request object; batches are not part of the protocol");
        return;
    }
    request(*object);
}

void Dispatcher::line_too_long() {
    fail(nullptr, code_parse, "parse", "a line was longer than " + std::to_string(max_line_bytes) + " bytes and was skipped");
}

void Dispatcher::request(const json::object& message) {
    const json::value* id = message.if_contains("id");
    const json::value* version = message.if_contains("jsonrpc");
    const json::value* method = message.if_contains("method");
    const bool has_good_id = id != nullptr && (id->is_string() || id->is_int64() || id->is_uint64());
    const json::value reply_id = has_good_id ? *id : json::value(nullptr);
    if (version == nullptr || !version->is_string() || version->get_string() != "2.0" || method == nullptr || !method->is_string() ||
        (id != nullptr && !has_good_id)) {
        fail(reply_id, code_invalid_request, "invalid_request",
             "a request needs jsonrpc \"2.0\", a method that is text and an id that is text or an integer");
        return;
    }
    const std::string name(method->get_string());
    if (id == nullptr) return;  // a notification: the broker has none to send, and none may be answered
    const json::object none;
    const json::object* params = params_of(message, none);
    if (params == nullptr) {
        fail(reply_id, PluginError(Reason::invalid_params, "params must be an object"));
        return;
    }
    if (name == "shutdown") {
        answer(reply_id, {});
        finish_();
        return;
    }
    if (name == "initialize") {
        initialize(reply_id, *params);
        return;
    }
    if (state_ != State::ready) {
        fail(reply_id, code_invalid_request, "invalid_request",
             state_ != State::failed ? "initialize must be called and answered first" : "initialize has failed; start the plugin again");
        return;
    }
    start_call(reply_id, name, *params);
}

void Dispatcher::initialize(const json::value& id, const json::object& params) {
    if (state_ != State::fresh) {
        fail(id, code_invalid_request, "invalid_request", "initialize may be called once");
        return;
    }
    state_ = State::failed;
    try {
        const json::value* protocol = params.if_contains("protocol");
        if (protocol == nullptr || !protocol->is_int64() || protocol->get_int64() != protocol_version)
            throw PluginError(Reason::invalid_params, "this plugin speaks protocol 1 only; use a plugin and a broker of the same version");
        const json::value* kind = params.if_contains("kind");
        if (kind == nullptr || !kind->is_string()) throw PluginError(Reason::invalid_params, "kind is missing");
        const json::value* settings = params.if_contains("settings");
        if (settings != nullptr && !settings->is_object()) throw PluginError(Reason::invalid_params, "settings must be a table");
        if (const json::value* folder = params.if_contains("secrets_folder"); folder != nullptr) {
            if (!folder->is_string()) throw PluginError(Reason::invalid_params, "secrets_folder must be text");
            set_secrets_folder(std::string(folder->get_string()));
        }
        const std::weak_ptr<Dispatcher> weak = weak_from_this();
        Notify notify = [weak](std::string_view method, json::object notification) {
            if (const auto self = weak.lock(); self && self->state_ == State::ready)
                self->send_notification_(as_line({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(notification)}}));
        };
        const json::object no_settings;
        const Identity identity = plugin_.initialize(settings == nullptr ? no_settings : settings->get_object(), std::move(notify));
        if (std::string_view(kind->get_string()) != identity.kind)
            throw PluginError(Reason::invalid_params,
                              identity.name + " is a plugin of kind " + identity.kind +
                                  " and cannot be used as another; name another plugin or move it to the right table of stintd.toml");
        if (auto looking = plugin_.look_around()) {
            state_ = State::greeting;
            boost::asio::co_spawn(executor_, greet_after(shared_from_this(), id, identity, std::move(*looking)), boost::asio::detached);
            return;
        }
        greet(id, identity);
    } catch (const PluginError& error) {
        fail(id, error);
    } catch (const std::exception& error) {
        log_line(std::string("initialize failed: ") + error.what());
        fail(id, PluginError(Reason::invalid_params, "the plugin could not start with these settings; its log says why"));
    }
}

boost::asio::awaitable<void> Dispatcher::greet_after(std::shared_ptr<Dispatcher> self, json::value id, Identity identity,
                                                     boost::asio::awaitable<std::vector<std::string>> looking) {
    try {
        const std::vector<std::string> found = co_await std::move(looking);
        identity.capabilities.insert(identity.capabilities.end(), found.begin(), found.end());
    } catch (const std::exception& error) {
        log_line(std::string("looking at the outside failed: ") + error.what());
    }
    self->greet(id, identity);
}

void Dispatcher::greet(const json::value& id, const Identity& identity) {
    if (state_ == State::stopped) return;
    state_ = State::ready;
    json::array capabilities;
    for (const std::string& capability : identity.capabilities) capabilities.emplace_back(capability);
    answer(id, {{"name", identity.name},
                {"version", identity.version},
                {"kind", identity.kind},
                {"protocol", protocol_version},
                {"capabilities", std::move(capabilities)}});
}

void Dispatcher::start_call(const json::value& id, std::string method, json::object params) {
    if (calls_.size() >= max_calls_in_flight) {
        fail(id, PluginError(Reason::busy,
                             "more than " + std::to_string(max_calls_in_flight) + " calls are under way; nothing was sent, try later"));
        return;
    }
    const std::uint64_t number = next_call_++;
    auto& signal = calls_.emplace(number, std::make_unique<boost::asio::cancellation_signal>()).first->second;
    auto self = shared_from_this();
    boost::asio::co_spawn(executor_, run_call(self, id, std::move(method), std::move(params)),
                          boost::asio::bind_cancellation_slot(signal->slot(), [self, number](std::exception_ptr) {
                              // The signal must outlive the handler it is bound to.
                              boost::asio::post(self->executor_, [self, number] { self->calls_.erase(number); });
                          }));
}

boost::asio::awaitable<void> Dispatcher::run_call(std::shared_ptr<Dispatcher> self, json::value id, std::string method,
                                                  json::object params) {
    try {
        boost::asio::awaitable<json::object> work = self->plugin_.call(method, std::move(params));
        const json::object result = co_await std::move(work);
        self->answer(id, result);
    } catch (const PluginError& error) {
        self->fail(id, error);
    } catch (const std::exception& error) {
        if (self->state_ == State::stopped) co_return;
        log_line(method + " failed: " + error.what());
        if (is_write(method))
            self->fail(
                id, PluginError(Reason::unknown_outcome, "the plugin failed inside; its log says why. What was sent may have been done"));
        else
            self->fail(id, PluginError(Reason::refused, "the plugin failed inside; its log says why"));
    }
}

void Dispatcher::answer(const json::value& id, const json::object& result) {
    if (state_ == State::stopped) return;
    std::string line = as_line({{"jsonrpc", "2.0"}, {"id", id}, {"result", result}});
    if (line.size() > max_line_bytes + 1) {
        fail(id, PluginError(Reason::refused, "the answer is longer than a line of the protocol may be; ask for less at a time"));
        return;
    }
    send_(std::move(line));
}

void Dispatcher::fail(const json::value& id, int code, std::string_view reason, std::string_view message, int result_code) {
    if (state_ == State::stopped) return;
    const std::string words = as_utf8(message, max_message_bytes);
    json::object data{{"reason", reason}};
    if (result_code != 0) data["result_code"] = result_code;
    if (code == static_cast<int>(Reason::refused)) data["detail"] = words;
    json::object error{{"code", code}, {"message", words}, {"data", std::move(data)}};
    send_(as_line({{"jsonrpc", "2.0"}, {"id", id}, {"error", std::move(error)}}));
}

void Dispatcher::fail(const json::value& id, const PluginError& error) {
    fail(id, static_cast<int>(error.reason()), word(error.reason()), error.what(), error.result_code());
}

void Dispatcher::stop() noexcept {
    if (state_ == State::stopped) return;
    state_ = State::stopped;
    plugin_.shutdown();
    for (const auto& [number, signal] : calls_) signal->emit(boost::asio::cancellation_type::terminal);
}

}  // namespace stint::sdk
