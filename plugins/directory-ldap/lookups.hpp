// Questions of one kind, put to a server together while an earlier one is under way: alone, one waits for nobody; when
// many ask at once, the server has one search to do instead of dozens. Knows nothing of what is asked. Whoever finds
// nobody asking, asks; at the end the first in line does, for all who came meanwhile.
#pragma once

#include "plugins/directory-ldap/connection.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace stint::directory_ldap {

template <class Question, class Answer>
class Lookups {
public:
    using Questions = std::vector<Question>;
    using Answers = std::vector<std::optional<Answer>>;  ///< one for each question, in their order; it may be none
    using Ask = std::function<boost::asio::awaitable<Answers>(std::shared_ptr<Connection> connection, Questions questions)>;

    Lookups(std::size_t at_once, Ask ask) : at_once_(at_once), ask_(std::move(ask)) {}
    /// As the server has it at a moment after this call. Throws what `ask` throws.
    [[nodiscard]] boost::asio::awaitable<std::optional<Answer>> find(std::shared_ptr<Connection> connection, Question question);

private:
    struct Lookup {
        Lookup(const boost::asio::any_io_executor& executor, Question what)
            : question(std::move(what)), bell(executor, boost::asio::steady_timer::time_point::max()) {}
        Question question;
        boost::asio::steady_timer bell;
        bool is_done = false;
        std::optional<Answer> answer{};
        std::exception_ptr error{};
    };
    using Waiting = std::vector<std::shared_ptr<Lookup>>;

    boost::asio::awaitable<void> ask_for(std::shared_ptr<Connection> connection, Waiting batch) const;
    void hand_on(const Connection* connection);

    std::size_t at_once_;
    Ask ask_;
    std::map<const Connection*, Waiting> lines_;  ///< an entry while somebody asks
};

template <class Question, class Answer>
boost::asio::awaitable<std::optional<Answer>> Lookups<Question, Answer>::find(std::shared_ptr<Connection> connection, Question question) {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto mine = std::make_shared<Lookup>(executor, std::move(question));
    const auto [line, is_first] = lines_.try_emplace(connection.get());
    line->second.push_back(mine);
    if (!is_first) {
        boost::system::error_code rung;
        co_await mine->bell.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
    }
    if (!mine->is_done) {
        Waiting& waiting = lines_[connection.get()];
        const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(std::min(waiting.size(), at_once_));
        Waiting batch(waiting.begin(), end);
        waiting.erase(waiting.begin(), end);
        co_await ask_for(connection, std::move(batch));
        hand_on(connection.get());
    }
    if (mine->error) std::rethrow_exception(mine->error);
    co_return std::move(mine->answer);
}

/// Never throws: each of them is told.
template <class Question, class Answer>
boost::asio::awaitable<void> Lookups<Question, Answer>::ask_for(std::shared_ptr<Connection> connection, Waiting batch) const {
    Questions questions;
    for (const auto& one : batch) questions.push_back(one->question);
    Answers answers;
    std::exception_ptr error;
    try {
        answers = co_await ask_(std::move(connection), std::move(questions));
    } catch (...) {
        error = std::current_exception();
    }
    answers.resize(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        batch[i]->answer = std::move(answers[i]);
        batch[i]->error = error;
        batch[i]->is_done = true;
        batch[i]->bell.cancel();
    }
}

template <class Question, class Answer>
void Lookups<Question, Answer>::hand_on(const Connection* connection) {
    const auto line = lines_.find(connection);
    if (line->second.empty()) lines_.erase(line);
    else line->second.front()->bell.cancel();
}

}  // namespace stint::directory_ldap
