// Group commit: take every command that waits, one savepoint each, one commit, then answer them all.
#include "app/broker.hpp"

#include "core/apply.hpp"
#include "log/log.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace stint {

namespace {

/// More than this many commands in one transaction would make the first of them wait for long.
constexpr std::size_t batch_limit = 256;

void undo_all(std::vector<std::function<void()>> undo) {
    std::for_each(undo.rbegin(), undo.rend(), [](const auto& one) { one(); });
}

}  // namespace

void Transaction::apply(const Transition& transition) {
    for (const Event& event : transition.events) {
        store_.append(event, now_);
        events_.push_back(event);
    }
    for (const Effect& effect : transition.effects) store_.owe(effect, now_);
    is_owing_ = is_owing_ || !transition.effects.empty();
}

struct Broker::Impl {
    Impl(boost::asio::any_io_executor executor, Store& database, Clock& time, Threading mode)
        : io(std::move(executor)), store(database), clock(time), threading(mode), committed_at_start(database.high_water_mark()),
          booted_at_start(time.now().boot) {}

    using Batch = std::vector<std::shared_ptr<Command>>;

    Batch take() {
        Batch batch;
        while (!waiting.empty() && batch.size() < batch_limit) {
            batch.push_back(std::move(waiting.front()));
            waiting.pop_front();
        }
        return batch;
    }

    void work() {
        for (;;) {
            Batch batch;
            {
                std::unique_lock lock(mutex);
                arrived.wait(lock, [this] { return is_stopping || !waiting.empty(); });
                if (waiting.empty()) return;
                batch = take();
            }
            execute(batch);
            answer(std::move(batch));
        }
    }

    /// Those that only look come first and alone: a disk that is full is no reason not to be read. One transaction for
    /// all that write.
    void execute(Batch& batch) {
        const Store::Batch recent(store);
        for (const auto& command : batch) {
            if (!command->is_write) execute_one(*command);
        }
        const bool has_writes = std::any_of(batch.begin(), batch.end(), [](const auto& command) { return command->is_write; });
        if (!has_writes) return;
        try {
            store.begin();
            for (const auto& command : batch) {
                if (command->is_write) execute_one(*command);
            }
            store.commit();
            const bool has_events = std::any_of(batch.begin(), batch.end(), [](const auto& command) { return !command->events.empty(); });
            if (has_events) is_writable = true;
        } catch (const ImpossibleEvent& broken) {
            log::alarm("invariant_broken", {{"what", broken.what()}});
            std::abort();
        } catch (...) {
            is_writable = false;
            store.rollback();
            std::for_each(batch.rbegin(), batch.rend(), [](const auto& command) { undo_all(std::move(command->undo)); });
            // Nothing that was written is durable, so nobody who wrote gets an answer but this.
            for (const auto& command : batch) {
                if (!command->is_write) continue;
                command->error = std::current_exception();
                command->events.clear();
                command->is_owing = false;
            }
        }
    }

    void execute_one(Command& command) {
        Now now = clock.now();
        now.floor = committed_at_start + (now.boot - booted_at_start);
        Transaction transaction(store, std::move(now));
        if (!command.is_write) {
            try {
                command.job(transaction);
            } catch (...) {
                command.error = std::current_exception();
            }
            return;
        }
        store.savepoint();
        try {
            command.job(transaction);
            store.release_savepoint();
            command.events = transaction.events();
            command.undo = transaction.take_undo();
            command.is_owing = transaction.is_owing();
        } catch (const ImpossibleEvent&) {
            throw;
        } catch (const ConstraintFault& broken) {
            log::alarm("invariant_broken", {{"what", broken.what()}});
            undo_all(transaction.take_undo());
            store.rollback_savepoint();
            command.error = std::current_exception();
        } catch (const StoreFault&) {
            undo_all(transaction.take_undo());
            throw;  // the database itself: the whole transaction is in doubt
        } catch (...) {
            undo_all(transaction.take_undo());
            store.rollback_savepoint();
            command.error = std::current_exception();
        }
    }

    /// Posts one task for the whole batch: first what follows from the commits, then the answers.
    void answer(Batch batch) {
        auto shared = std::make_shared<Batch>(std::move(batch));
        boost::asio::post(io, [this, shared] {
            for (const auto& command : *shared) {
                if (!command->events.empty() && committed) committed(command->events, command->is_owing);
            }
            // Taken out first: whoever is resumed may be the last to hold the command, and with it what runs here.
            for (const auto& command : *shared) std::exchange(command->resume, nullptr)();
        });
    }

    void submit(std::shared_ptr<Command> command) {
        if (threading == Threading::store_thread) {
            {
                const std::lock_guard lock(mutex);
                waiting.push_back(std::move(command));
            }
            arrived.notify_one();
            return;
        }
        waiting.push_back(std::move(command));
        if (waiting.size() == 1 && !is_executing) post_batch();
    }

    void post_batch() {
        boost::asio::post(io, [this] {
            Batch batch = take();
            is_executing = true;  // a disk that is slow lets other steps run meanwhile
            execute(batch);
            is_executing = false;
            answer(std::move(batch));
            if (!waiting.empty()) post_batch();
        });
    }

    boost::asio::any_io_executor io;
    Store& store;
    Clock& clock;
    Threading threading;
    OnCommitted committed;
    std::mutex mutex;
    std::condition_variable arrived;
    std::deque<std::shared_ptr<Command>> waiting;
    bool is_stopping = false, is_executing = false;
    const Utc committed_at_start;
    const BootTime booted_at_start;
    std::atomic<bool> is_writable = true;
    std::thread thread;
};

Broker::Broker(boost::asio::any_io_executor io, Store& store, Clock& clock, Threading threading)
    : impl_(std::make_unique<Impl>(std::move(io), store, clock, threading)) {
    if (threading == Threading::store_thread) impl_->thread = std::thread([impl = impl_.get()] { impl->work(); });
}

Broker::~Broker() { stop(); }

void Broker::on_committed(OnCommitted handler) { impl_->committed = std::move(handler); }

bool Broker::is_store_writable() const noexcept { return impl_->is_writable; }

boost::asio::awaitable<void> Broker::try_to_write() {
    auto job = [](Transaction& transaction) {
        transaction.store().touch();
        return true;
    };
    co_await run(job);
    impl_->is_writable = true;
}

void Broker::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->is_stopping = true;
    }
    impl_->arrived.notify_one();
    if (impl_->thread.joinable()) impl_->thread.join();
}

boost::asio::awaitable<void> Broker::done(std::shared_ptr<Command> command) {
    // GCC 12: the initiation may capture trivial things only, so it is given pointers to what outlives it here.
    auto* impl = impl_.get();
    auto* waiting = &command;
    auto initiation = [impl, waiting](auto handler) {
        using Handler = decltype(handler);
        auto shared = std::make_shared<Handler>(std::move(handler));
        auto guard = std::make_shared<boost::asio::executor_work_guard<boost::asio::any_io_executor>>(impl->io);
        (*waiting)->resume = [shared, guard] {
            guard->reset();
            Handler now = std::move(*shared);
            std::move(now)();
        };
        impl->submit(*waiting);
    };
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(initiation, boost::asio::use_awaitable);
}

}  // namespace stint
