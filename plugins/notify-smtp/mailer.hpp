// The plugin: a notice becomes one mail a recipient; a worker's thread sends, the io thread never waits for a server.
// Remembers by key who has got theirs, so that a retry sends only what is missing.
#pragma once

#include "plugins/notify-smtp/settings.hpp"
#include "plugins/notify-smtp/transfer.hpp"
#include "plugins/sdk/plugin.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace stint::notify_smtp {

class Mailer final : public sdk::Plugin {
public:
    ~Mailer() override { shutdown(); }
    [[nodiscard]] sdk::Identity initialize(const boost::json::object& settings, sdk::Notify notify) override;
    [[nodiscard]] boost::asio::awaitable<boost::json::object> call(std::string_view method, boost::json::object params) override;
    /// Breaks off what is being sent; a second at most.
    void shutdown() noexcept override;

private:
    struct Letter {
        std::string login;
        Message message;
        Outcome outcome;
    };
    struct Batch {
        std::vector<Letter> letters;
        std::vector<std::string> without_address;  ///< logins
    };

    [[nodiscard]] boost::asio::awaitable<boost::json::object> deliver(boost::json::object params);
    [[nodiscard]] std::shared_ptr<Batch> prepare(const Notice& notice, const std::string& key) const;
    [[nodiscard]] static boost::asio::awaitable<void> send_all(Mailer* self, std::shared_ptr<Batch> batch);
    void remember(const std::string& key, const Batch& batch);
    static void judge(const Batch& batch, std::size_t before);

    Settings settings_;
    std::atomic<bool> must_stop_{false};
    boost::asio::thread_pool workers_{2};
    std::set<std::string> under_way_;                         ///< keys
    std::map<std::string, std::set<std::string>> delivered_;  ///< key → addresses
    std::deque<std::string> delivered_order_;                 ///< keys, the oldest first
};

}  // namespace stint::notify_smtp
