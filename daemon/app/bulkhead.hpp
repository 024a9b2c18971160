// A bound on how many operations of one kind are under way: slow ones of one kind never delay another kind.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace stint {

class Bulkhead {
public:
    explicit Bulkhead(int places) : free_(places) {}

    [[nodiscard]] bool is_full() const noexcept { return free_ <= 0; }

    /// A place, given back when it goes.
    class Place {
    public:
        explicit Place(Bulkhead* owner) : owner_(owner) {}
        Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (owner_ != nullptr) owner_->give_back();
        }

    private:
        Bulkhead* owner_;
    };

    /// Waits for a place, first come first served.
    [[nodiscard]] boost::asio::awaitable<Place> enter();

private:
    void give_back();

    int free_;
    std::deque<std::function<void()>> waiting_;
};

}  // namespace stint
