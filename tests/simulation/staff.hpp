// The hospital's people: what they ask of the broker, what they were told, and what must be true ever after because
// they were told so.
#pragma once

#include "app/service.hpp"
#include "store/store.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace stint::simulation {

/// (login, groups). `zoe` asks for nothing before all is well again.
using Somebody = std::pair<std::string, std::vector<std::string>>;
[[nodiscard]] const std::vector<Somebody>& everybody();
inline const std::string newcomer = "zoe";

[[nodiscard]] Caller caller(const std::string& login);

class Staff {
public:
    explicit Staff(std::mt19937_64& random) : random_(random) {}

    /// One of them asks for something; `recent` is the latest request there is.
    void ask(Service& service, boost::asio::io_context& io, RequestId recent, Utc now);
    /// Asks for a task that policy alone grants; the answer is `filed()` when it comes.
    void ask_as_newcomer(Service& service, boost::asio::io_context& io);
    [[nodiscard]] RequestId filed() const { return filed_; }
    /// The broker they talked to is gone.
    void crash() { holds_.clear(); }

    /// What was promised since the last look (or ever) that does not hold; "" when all does.
    [[nodiscard]] std::string broken_promise(const Store& store, bool ever);
    /// What answers alone show to be wrong; "" when nothing.
    [[nodiscard]] const std::string& violation() const { return violation_; }
    [[nodiscard]] std::int64_t asked() const { return asked_; }
    [[nodiscard]] std::int64_t answered() const { return answered_; }

private:
    using Told = std::function<void(const Result<RequestView>&)>;
    struct Promise {
        std::string what;
        std::function<bool(const Store&)> holds;
    };
    /// An ask with an Idempotency-Key. Its reason is the key, which no other ask has.
    struct Keyed {
        std::string login, key;
        FileRequest command;
        RequestId answered;
    };
    void file(Service& service, boost::asio::io_context& io, Utc now);
    void file_again(Service& service, boost::asio::io_context& io);
    void told_again(const Keyed& keyed, bool is_same, const Result<RequestView>& answer);
    void decide(Service& service, boost::asio::io_context& io, RequestId id);
    void close(Service& service, boost::asio::io_context& io, RequestId id);
    void send(boost::asio::io_context& io, Service::Answer<RequestView> question, Told told);
    boost::asio::awaitable<void> note(Service::Answer<RequestView> question, Told told);
    boost::asio::awaitable<void> hold(Service& service, std::string login, RequestId id);
    void promise(const std::string& what, RequestId id, std::function<bool(const Store&)> holds);
    [[nodiscard]] std::string asked_twice(const Store& store) const;
    [[nodiscard]] std::size_t pick(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }
    [[nodiscard]] const std::string& one_of(const std::vector<std::string>& logins) { return logins[pick(logins.size())]; }

    std::mt19937_64& random_;
    std::vector<Promise> promises_;
    std::size_t looked_at_ = 0;
    std::vector<Keyed> keyed_;
    std::map<RequestId, std::shared_ptr<Hold>> holds_;
    RequestId filed_;
    std::string violation_;
    std::int64_t asked_ = 0, answered_ = 0;
};

}  // namespace stint::simulation
