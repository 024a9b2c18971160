// Runs an io context on the test's own thread until a coroutine is done, with a deadline.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

namespace stint::testing {

inline constexpr std::chrono::seconds test_patience{60};

/// False when it is not so after the patience.
[[nodiscard]] inline bool run_until(boost::asio::io_context& io, const std::function<bool()>& is_so,
                                    std::chrono::milliseconds patience = test_patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!is_so()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        io.restart();
        io.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
}

/// The coroutine's value; rethrows what it throws.
template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
    std::optional<T> value;
    std::exception_ptr error;
    bool is_done = false;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T result) {
        error = thrown;
        if (!thrown) value.emplace(std::move(result));
        is_done = true;
    });
    if (!run_until(io, [&] { return is_done; })) throw std::runtime_error("the work of the test does not end");
    if (error) std::rethrow_exception(error);
    return std::move(*value);
}

inline void run(boost::asio::io_context& io, boost::asio::awaitable<void> work) {
    std::exception_ptr error;
    bool is_done = false;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown) {
        error = thrown;
        is_done = true;
    });
    if (!run_until(io, [&] { return is_done; })) throw std::runtime_error("the work of the test does not end");
    if (error) std::rethrow_exception(error);
}

}  // namespace stint::testing
