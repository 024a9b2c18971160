// stintd.toml and one drop-in from any bytes (a line "---" divides them): no crash, messages fit for a
// terminal, and what was found whole shows itself in a form that is whole again.
#include "config/config.hpp"
#include "wire/plain_text.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

void require(bool is_so) {
    if (!is_so) std::abort();
}

void require_plain(const std::vector<std::string>& messages) {
    for (const std::string& message : messages)
        require(stint::wire::judge_text(message, message.size()) == stint::wire::TextVerdict::plain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 64 * 1024) return 0;
    const std::string text(reinterpret_cast<const char*>(data), size);
    std::vector<stint::SourceText> files;
    const auto divider = text.find("\n---\n");
    files.push_back({"stintd.toml", text.substr(0, divider)});
    if (divider != std::string::npos) files.push_back({"drop-in.toml", text.substr(divider + 5)});
    stint::Faults faults;
    stint::Config config = stint::parse_config(files, faults);
    require_plain(faults.errors);
    require_plain(faults.warnings);
    if (faults.has_errors()) return 0;
    require(config.directory_times.settle >= 2 * config.directory_times.operation_timeout);
    (void)stint::redacted(config);
    config.directory.settings.clear();  // shown as JSON, which is not always TOML
    if (config.ticket) config.ticket->settings.clear();
    for (stint::PluginConfig& one : config.notify) one.settings.clear();
    const std::vector<stint::SourceText> shown{{"shown.toml", stint::redacted(config)}};
    const stint::Config again = stint::parse_config(shown, faults);
    require(!faults.has_errors());
    require(stint::redacted(again) == stint::redacted(config));
    return 0;
}
