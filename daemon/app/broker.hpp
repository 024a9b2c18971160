// The one door to the records. Every command runs on the store thread, inside a savepoint of a transaction that it
// shares with all commands waiting at that moment; each is answered only after the commit (group commit). Nobody
// else touches the Store.
#pragma once

#include "core/time.hpp"
#include "core/transition.hpp"
#include "ports/clock.hpp"
#include "store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace stint {

/// What one command sees and does: the records as they stand now, and one way to change them.
class Transaction {
public:
    Transaction(Store& store, Now now) : store_(store), now_(std::move(now)) {}
    [[nodiscard]] Store& store() { return store_; }
    [[nodiscard]] const Now& now() const { return now_; }
    /// The clock runs behind what was committed, by more than a clock's ordinary correction: nothing may be opened.
    [[nodiscard]] bool is_clock_behind() const { return now_.utc < store_.high_water_mark() - Seconds(5); }
    /// Writes the events, and with them the records, and what is owed to people.
    void apply(const Transition& transition);
    /// For what is remembered beside the records: called when nothing of this command stays, the latest first.
    void if_undone(std::function<void()> undo) { undo_.push_back(std::move(undo)); }
    [[nodiscard]] std::vector<std::function<void()>> take_undo() { return std::move(undo_); }
    [[nodiscard]] const std::vector<Event>& events() const { return events_; }
    [[nodiscard]] bool is_owing() const { return is_owing_; }

private:
    Store& store_;
    Now now_;
    std::vector<Event> events_;
    std::vector<std::function<void()>> undo_;
    bool is_owing_ = false;
};

/// Called on the io thread after each commit, before anybody is answered: the events of one command in order, and
/// whether it left something in the outbox.
using OnCommitted = std::function<void(const std::vector<Event>& events, bool is_owing)>;

enum class Threading {
    store_thread,  ///< a thread of its own: production
    inline_steps,  ///< on the io executor, one batch a step: the simulation, which decides the order
};

class Broker {
public:
    Broker(boost::asio::any_io_executor io, Store& store, Clock& clock, Threading threading);
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    void on_committed(OnCommitted handler);

    /// Runs `job(Transaction&)` and answers with its result after the commit. Throws what the job throws, with none of
    /// its changes kept; throws StoreFault when the commit fails. An impossible event stops the process.
    template <class Job>
    [[nodiscard]] boost::asio::awaitable<std::invoke_result_t<Job, Transaction&>> run(Job job) {
        co_return co_await submit<Job>(std::move(job), true);
    }

    /// The same for a job that only reads: no transaction is opened, and none is waited for.
    template <class Job>
    [[nodiscard]] boost::asio::awaitable<std::invoke_result_t<Job, Transaction&>> look(Job job) {
        co_return co_await submit<Job>(std::move(job), false);
    }

    /// False from a write that failed to the next that did not.
    [[nodiscard]] bool is_store_writable() const noexcept;
    /// Writes what is no record, to learn whether there is space again. Throws StoreFault when not.
    [[nodiscard]] boost::asio::awaitable<void> try_to_write();

    /// Runs what waits, then ends the thread. Nothing may be submitted afterwards.
    void stop();

private:
    struct Command {
        std::function<void(Transaction&)> job;
        std::function<void()> resume;      ///< on the io executor
        bool is_write = true;
        std::exception_ptr error;
        std::vector<Event> events;
        std::vector<std::function<void()>> undo;
        bool is_owing = false;
    };
    struct Impl;

    template <class Job>
    boost::asio::awaitable<std::invoke_result_t<Job, Transaction&>> submit(Job job, bool is_write) {
        using Answer = std::invoke_result_t<Job, Transaction&>;
        auto answer = std::make_shared<std::optional<Answer>>();
        auto shared_job = std::make_shared<Job>(std::move(job));
        auto command = std::make_shared<Command>();
        command->is_write = is_write;
        command->job = [answer, shared_job](Transaction& transaction) { answer->emplace((*shared_job)(transaction)); };
        co_await done(command);
        if (command->error) std::rethrow_exception(command->error);
        co_return std::move(**answer);
    }

    boost::asio::awaitable<void> done(std::shared_ptr<Command> command);
    std::unique_ptr<Impl> impl_;
};

}  // namespace stint
