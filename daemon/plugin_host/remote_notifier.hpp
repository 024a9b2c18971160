// A channel to people behind a plugin. Judges nothing but shapes.
#pragma once

#include "ports/notifier.hpp"

#include <memory>
#include <string>

namespace stint {

class PluginProcess;

class RemoteNotifier final : public Notifier {
public:
    explicit RemoteNotifier(std::shared_ptr<PluginProcess> plugin);
    [[nodiscard]] boost::asio::awaitable<void> deliver(Notice notice, std::string key) override;
    [[nodiscard]] const std::string& name() const override;

private:
    std::shared_ptr<PluginProcess> plugin_;
};

}  // namespace stint
