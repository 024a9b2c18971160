// One policy file from any bytes: no crash, messages fit for a terminal, and what was found whole keeps
// every bound that the broker relies on.
#include "config/config.hpp"
#include "config/satisfiable.hpp"
#include "wire/plain_text.hpp"

#include <cstdint>
#include <cstdlib>

using namespace std::chrono_literals;

namespace {

void require(bool is_so) {
    if (!is_so) std::abort();
}

void require_plain(const std::vector<std::string>& messages) {
    for (const std::string& message : messages)
        require(stint::wire::judge_text(message, message.size()) == stint::wire::TextVerdict::plain);
}

void require_sound(const stint::Entitlement& one) {
    require(!one.name.empty() && !one.groups.empty() && !one.requesters.empty());
    require(one.duration.standard >= 1s && one.duration.standard <= one.duration.max && one.duration.max <= 24h);
    require(one.pending_for >= 1min && one.pending_for <= 30 * 24h);
    for (const stint::ApprovalStage& stage : one.stages) {
        require(!stage.from.empty() && stage.count >= 1 && stage.count <= 20);
        require(stage.escalate_after.has_value() == !stage.escalate_to.empty());
        require(stage.escalate_after.value_or(0s) < one.pending_for);
    }
    if (!one.break_glass) return;
    require(one.break_glass->max >= 1s && one.break_glass->max <= one.duration.max);
    require(one.break_glass->review_within >= 1s && one.break_glass->review_within <= 72h);
    require(!one.break_glass->requesters.empty() && !one.break_glass->reviewers.empty());
}

/// A directory that knows every group, with a few people dealt out by a number.
stint::DirectorySnapshot directory_for(const stint::Policy& policy, std::size_t seed) {
    stint::DirectorySnapshot directory;
    for (const stint::GroupName& name : groups_named_in(policy)) {
        stint::GroupSnapshot snapshot{{{stint::GroupId(name.value), name}, true, true, "groupOfMembers"}, {}};
        for (std::size_t i = 0; i < seed % 7; ++i) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            const std::string login = "p" + std::to_string((seed >> 33U) % 9);
            snapshot.members.push_back({{stint::PersonId(login), stint::Login(login), login, ""}, (seed >> 40U) % 4 != 0, {}});
        }
        directory.emplace(name, std::move(snapshot));
        seed = seed * 31 + 7;
    }
    return directory;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 64 * 1024) return 0;
    const std::vector<stint::SourceText> files{{"policy.toml", std::string(reinterpret_cast<const char*>(data), size)}};
    stint::Faults faults;
    stint::PolicySource source;
    const stint::Policy policy = stint::parse_policy(files, {}, faults, &source);
    require(policy.hash.empty() == faults.has_errors());
    for (const stint::Entitlement& one : policy.entitlements) require_sound(one);
    stint::check_satisfiable(policy, directory_for(policy, size), faults, source);
    stint::check_together({}, policy, source, faults);
    require_plain(faults.errors);
    require_plain(faults.warnings);
    return 0;
}
