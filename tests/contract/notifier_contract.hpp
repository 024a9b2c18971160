// What every implementation of ports::Notifier must do. Each brings a world and instantiates the suite.
#pragma once

#include "ports/notifier.hpp"
#include "tests/contract/run_until.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace stint::testing {

class NotifierWorld {
public:
    virtual ~NotifierWorld() = default;
    [[nodiscard]] virtual boost::asio::io_context& io() = 0;
    [[nodiscard]] virtual Notifier& notifier() = 0;
    /// Everything that has arrived, each as its reader sees it.
    [[nodiscard]] virtual std::vector<std::string> messages() = 0;
    /// The same key twice is one message on this channel.
    [[nodiscard]] virtual bool knows_keys() const = 0;
    virtual void restart() = 0;
};

struct NotifierWorldMaker {
    std::string name;
    std::unique_ptr<NotifierWorld> (*make)();
};

class NotifierContract : public ::testing::TestWithParam<NotifierWorldMaker> {
protected:
    NotifierContract() : world_(GetParam().make()) {}
    [[nodiscard]] NotifierWorld& world() { return *world_; }
    void deliver(const Notice& notice, const std::string& key) { run(world_->io(), world_->notifier().deliver(notice, key)); }

private:
    std::unique_ptr<NotifierWorld> world_;
};

}  // namespace stint::testing
