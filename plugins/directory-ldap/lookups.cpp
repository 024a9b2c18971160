// Whoever finds nobody asking, asks; at the end the first in line does, for all who came meanwhile.
#include "plugins/directory-ldap/lookups.hpp"

#include "plugins/directory-ldap/people.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace stint::directory_ldap {

namespace asio = boost::asio;

struct Lookups::Lookup {
    Lookup(const asio::any_io_executor& executor, std::string of) : id(std::move(of)), bell(executor, asio::steady_timer::time_point::max()) {}
    std::string id;
    asio::steady_timer bell;
    bool is_done = false;
    std::optional<Person> found{};
    std::exception_ptr error{};
};

asio::awaitable<std::optional<Person>> Lookups::find(std::shared_ptr<Connection> connection, std::string id) {
    const auto executor = co_await asio::this_coro::executor;
    const auto mine = std::make_shared<Lookup>(executor, std::move(id));
    const auto [line, is_first] = lines_.try_emplace(connection.get());
    line->second.push_back(mine);
    if (!is_first) {
        boost::system::error_code rung;
        co_await mine->bell.async_wait(asio::redirect_error(asio::use_awaitable, rung));
    }
    if (!mine->is_done) {
        Waiting& waiting = lines_[connection.get()];
        const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(std::min(waiting.size(), at_once));
        Waiting batch(waiting.begin(), end);
        waiting.erase(waiting.begin(), end);
        co_await ask_for(connection, std::move(batch));
        hand_on(connection.get());
    }
    if (mine->error) std::rethrow_exception(mine->error);
    co_return std::move(mine->found);
}

/// Never throws: each of them is told.
asio::awaitable<void> Lookups::ask_for(std::shared_ptr<Connection> connection, Waiting batch) const {
    std::vector<std::string> ids;
    for (const auto& one : batch) ids.push_back(one->id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    Found found;
    std::exception_ptr error;
    try {
        found = co_await ask_(std::move(connection), std::move(ids));
    } catch (...) {
        error = std::current_exception();
    }
    for (const auto& one : batch) {
        if (const auto person = found.find(one->id); person != found.end()) one->found = person->second;
        one->error = error;
        one->is_done = true;
        one->bell.cancel();
    }
}

void Lookups::hand_on(const Connection* connection) {
    const auto line = lines_.find(connection);
    if (line->second.empty()) lines_.erase(line);
    else line->second.front()->bell.cancel();
}

}  // namespace stint::directory_ldap
