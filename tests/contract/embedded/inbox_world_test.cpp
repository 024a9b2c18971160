// The world of the channel's suite on notify-inbox.
#include "plugin_host/remote_notifier.hpp"
#include "tests/contract/embedded/folder.hpp"
#include "tests/contract/notifier_contract.hpp"
#include "tests/contract/running_plugin.hpp"

namespace stint::testing {
namespace {

class InboxWorld : public NotifierWorld {
public:
    InboxWorld() {
        boost::json::object settings;
        settings["folder"] = inbox().string();
        plugin_ = std::make_unique<RunningPlugin>(STINT_NOTIFY_INBOX, "notify", std::move(settings));
        notifier_ = std::make_unique<RemoteNotifier>(plugin_->process());
    }
    boost::asio::io_context& io() override { return plugin_->io(); }
    Notifier& notifier() override { return *notifier_; }
    bool knows_keys() const override { return true; }
    std::vector<std::string> messages() override {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(inbox())) found.push_back(content_of(entry.path()));
        return found;
    }
    void restart() override {
        plugin_->restart();
        notifier_ = std::make_unique<RemoteNotifier>(plugin_->process());
    }

private:
    std::filesystem::path inbox() const { return folder_ / "inbox"; }

    Folder folder_;
    std::unique_ptr<RunningPlugin> plugin_;
    std::unique_ptr<RemoteNotifier> notifier_;
};

std::unique_ptr<NotifierWorld> make() { return std::make_unique<InboxWorld>(); }

INSTANTIATE_TEST_SUITE_P(Inbox, NotifierContract, ::testing::Values(NotifierWorldMaker{"inbox", make}), [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace stint::testing
