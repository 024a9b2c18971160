// The directory plugin on a file: the protocol's verbs, the file read anew for each, one writer at a time.
#pragma once

#include "plugins/directory-embedded/directory_file.hpp"
#include "plugins/sdk/plugin.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <set>
#include <string>

namespace stint::directory_embedded {

class EmbeddedDirectory final : public sdk::Plugin {
public:
    [[nodiscard]] sdk::Identity initialize(const boost::json::object& settings, sdk::Notify notify) override;
    [[nodiscard]] boost::asio::awaitable<boost::json::object> call(std::string_view method, boost::json::object params) override;

private:
    [[nodiscard]] DirectoryText load() const;
    [[nodiscard]] boost::json::object person(const boost::json::object& params) const;
    [[nodiscard]] boost::json::object group(const boost::json::object& params) const;
    [[nodiscard]] boost::json::object members(const boost::json::object& params) const;
    [[nodiscard]] boost::json::object read_back(const boost::json::object& params) const;
    [[nodiscard]] boost::json::object write(const boost::json::object& params, bool must_be_there) const;

    std::filesystem::path file_;
    std::set<std::string> managed_;  ///< empty: every group the file does not exclude
};

}  // namespace stint::directory_embedded
