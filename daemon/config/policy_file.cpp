// policy.d/*.toml as one policy, whole or not at all. Reading one entitlement is entitlement_reader's; here is
// what holds between entitlements and between files.
#include "config/config.hpp"
#include "config/entitlement_reader.hpp"
#include "config/policy_hash.hpp"
#include "config/source_files.hpp"
#include "config/toml_reader.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace stint {
namespace {

using namespace config;

constexpr std::size_t most_entitlements_in_file = 1000;

void read_file(const SourceText& file, const Roles& roles, Policy& policy, PolicySource& source, Faults& faults) {
    const auto table = parse_toml(file, faults);
    if (!table) return;
    TableReader root(*table, "", "", faults);
    std::size_t number = 0;
    for (TableReader& reader : root.tables("entitlement", most_entitlements_in_file)) {
        PolicySource its_own;
        auto entitlement = read_entitlement(reader, ++number, roles, its_own);
        if (!entitlement) continue;
        if (policy.find(entitlement->name) != nullptr) {
            const Place first = source.find(entitlement->name, "name");
            const std::string other = to_prefix(first);
            reader.fault("name", "is taken: the first one is at " + other.substr(0, other.empty() ? 0 : other.size() - 2));
            continue;
        }
        source.merge(std::move(its_own));
        policy.entitlements.push_back(*std::move(entitlement));
    }
    root.finish();
}

/// Lending a group that approves elsewhere is power by a detour: legal (on-call rotas do it), worth a look.
void warn_of_detours(const Policy& policy, const PolicySource& source, Faults& faults) {
    for (const Entitlement& lender : policy.entitlements) {
        for (const Entitlement& other : policy.entitlements) {
            if (lender.name == other.name) continue;
            std::vector<GroupName> deciders;
            for (const ApprovalStage& stage : other.stages) {
                deciders.insert(deciders.end(), stage.from.begin(), stage.from.end());
                deciders.insert(deciders.end(), stage.escalate_to.begin(), stage.escalate_to.end());
            }
            if (other.break_glass) deciders.insert(deciders.end(), other.break_glass->reviewers.begin(), other.break_glass->reviewers.end());
            for (const GroupName& group : lender.groups) {
                if (std::find(deciders.begin(), deciders.end(), group) == deciders.end()) continue;
                faults.warnings.push_back(to_prefix(source.find(lender.name, "groups")) + "entitlement `" + lender.name.value + "`: `groups` lends `" +
                                          log::escaped(group.value) + "`, which decides on `" + other.name.value + "`");
            }
        }
    }
}

}  // namespace

void PolicySource::put(const EntitlementName& name, const std::string& key, Place place) { places_[name][key] = std::move(place); }

Place PolicySource::find(const EntitlementName& name, const std::string& key) const {
    const auto entitlement = places_.find(name);
    if (entitlement == places_.end()) return {};
    for (const std::string& wanted : {key, std::string()}) {
        const auto found = entitlement->second.find(wanted);
        if (found != entitlement->second.end()) return found->second;
    }
    return {};
}

void PolicySource::merge(PolicySource&& other) { places_.merge(other.places_); }

Policy parse_policy(std::span<const SourceText> files, const Roles& roles, Faults& faults, PolicySource* source) {
    Policy policy;
    PolicySource places;
    Faults found;
    for (const SourceText& file : files) read_file(file, roles, policy, places, found);
    warn_of_detours(policy, places, found);
    if (policy.entitlements.empty() && !found.has_errors()) found.warnings.push_back("the policy has no entitlement: nothing can be lent");
    const bool is_whole = !found.has_errors();
    faults.errors.insert(faults.errors.end(), found.errors.begin(), found.errors.end());
    faults.warnings.insert(faults.warnings.end(), found.warnings.begin(), found.warnings.end());
    if (source != nullptr) *source = std::move(places);
    if (!is_whole) return {};
    policy.roles = roles;
    policy.hash = hash_of(files, roles);
    return policy;
}

Policy load_policy(const std::filesystem::path& folder, const Roles& roles, Faults& faults, PolicySource* source) {
    const FolderTexts files = read_folder(folder, true, faults);
    Policy policy = parse_policy(files.texts, roles, faults, source);
    return files.is_whole ? policy : Policy{};
}

void check_together(const Config& config, const Policy& policy, const PolicySource& source, Faults& faults) {
    for (const Entitlement& entitlement : policy.entitlements) {
        if (entitlement.ticket && !config.ticket)
            faults.errors.push_back(to_prefix(source.find(entitlement.name, "ticket")) + "entitlement `" + entitlement.name.value +
                                    "`: `ticket` asks for a ticket, but no ticket system is configured: add [ticket] to stintd.toml");
        const bool must_ask_people = !entitlement.stages.empty() || entitlement.break_glass;
        if (must_ask_people && config.notify.empty())
            faults.warnings.push_back(to_prefix(source.find(entitlement.name, "")) + "entitlement `" + entitlement.name.value +
                                      "`: people have to decide, but no channel tells them: add [[notify]] to stintd.toml");
    }
}

Loaded load_all(const std::filesystem::path& file, Faults& faults) {
    Loaded loaded;
    loaded.config = load_config(file, faults);
    loaded.is_configured = !faults.has_errors();
    // A folder that the configuration names wrongly is one fault, not many.
    if (!loaded.config.policy.is_known) return loaded;
    loaded.policy = load_policy(loaded.config.policy.folder, loaded.config.roles, faults, &loaded.source);
    loaded.source.put(EntitlementName(), "roles.auditor", loaded.config.auditor_place);
    loaded.source.put(EntitlementName(), "roles.security", loaded.config.security_place);
    check_together(loaded.config, loaded.policy, loaded.source, faults);
    return loaded;
}

std::vector<std::string> tables_for_restart(const Config& running, const Config& wanted) {
    std::vector<std::string> tables;
    if (running.plugins.folder != wanted.plugins.folder) tables.emplace_back("[plugins]");
    if (running.directory != wanted.directory || running.directory_times != wanted.directory_times) tables.emplace_back("[directory]");
    if (running.ticket != wanted.ticket) tables.emplace_back("[ticket]");
    if (running.notify != wanted.notify) tables.emplace_back("[[notify]]");
    return tables;
}

}  // namespace stint
