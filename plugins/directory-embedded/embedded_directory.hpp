// The directory plugin on a file: the protocol's verbs, one writer at a time, and a word to the broker when somebody
// else changed a group. A file with a fault answers nothing: half a directory would be a lie.
#pragma once

#include "plugins/directory-embedded/directory_file.hpp"
#include "plugins/sdk/file.hpp"
#include "plugins/sdk/file_watch.hpp"
#include "plugins/sdk/plugin.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace stint::directory_embedded {

class EmbeddedDirectory final : public sdk::Plugin {
public:
    explicit EmbeddedDirectory(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
    [[nodiscard]] sdk::Identity initialize(const boost::json::object& settings, sdk::Notify notify) override;
    [[nodiscard]] boost::asio::awaitable<boost::json::object> call(std::string_view method, boost::json::object params) override;
    void shutdown() noexcept override;

private:
    /// As the file stands now. Throws PluginError(unreachable).
    [[nodiscard]] const DirectoryText& load();
    [[nodiscard]] boost::json::object person(const boost::json::object& params);
    [[nodiscard]] boost::json::object group(const boost::json::object& params);
    [[nodiscard]] boost::json::object members(const boost::json::object& params);
    [[nodiscard]] boost::json::object read_back(const boost::json::object& params);
    [[nodiscard]] boost::asio::awaitable<boost::json::object> write(boost::json::object params, bool must_be_there);
    [[nodiscard]] boost::json::object write_locked(const std::string& group, const std::string& login, bool must_be_there);
    void put_member(const std::string& group, const std::string& login, bool must_be_there);
    [[nodiscard]] bool is_managed(const GroupEntry& group) const;
    void watch();
    void tell_changes();
    void remember(const sdk::FileText& read, DirectoryText directory);

    boost::asio::any_io_executor executor_;
    std::filesystem::path file_;
    std::optional<std::set<std::string, std::less<>>> managed_;  ///< absent: every group the file does not exclude
    sdk::Notify notify_;
    std::shared_ptr<sdk::FileWatch> watch_;
    DirectoryText directory_;                ///< as last read without a fault
    std::optional<sdk::FileStamp> settled_;  ///< the file that `directory_` certainly is, when there is one
    DirectoryText told_;                     ///< what the broker knows of: read for it, written by us, or told
    bool has_told_ = false;                  ///< `told_` holds something
    bool is_broken_ = false;                 ///< and the log says so
};

}  // namespace stint::directory_embedded
