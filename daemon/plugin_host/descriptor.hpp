// A file descriptor with one owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace stint::plugin_host {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            close();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }

    [[nodiscard]] int get() const noexcept { return number_; }
    [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }
    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
    void close() noexcept {
        if (number_ >= 0) static_cast<void>(::close(std::exchange(number_, -1)));
    }

private:
    int number_ = -1;
};

}  // namespace stint::plugin_host
