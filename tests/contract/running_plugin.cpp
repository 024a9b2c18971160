// A plugin program under the real host; see the header.
#include "tests/contract/running_plugin.hpp"

#include <filesystem>

namespace stint::testing {

RunningPlugin::RunningPlugin(const std::string& program, const std::string& kind, boost::json::object settings) {
    spec_.name = std::filesystem::path(program).filename().string();
    spec_.kind = kind;
    spec_.program = program;
    spec_.settings = std::move(settings);
    spec_.call_timeout = std::chrono::seconds(55);  // a machine that does much else is slow, and no test wants it to run out
    start();
}

RunningPlugin::~RunningPlugin() {
    try {
        run(io_, process_->shutdown());
    } catch (const std::exception&) {  // it is killed instead
        process_.reset();
    }
}

void RunningPlugin::start() {
    process_ = start_plugin(io_.get_executor(), spec_);
    run(io_, process_->ready(std::chrono::seconds(20)));
}

void RunningPlugin::restart() {
    run(io_, process_->shutdown());
    start();
}

}  // namespace stint::testing
