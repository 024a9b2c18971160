// Two bounded maps; the oldest entries go first.
#include "plugins/directory-ldap/traces.hpp"

namespace stint::directory_ldap {
namespace {

constexpr std::size_t max_names = 16;

std::string pair_key(const std::string& group, const std::string& person) { return group + " " + person; }

void insert_bounded(std::set<std::string>& set, const std::string& text) {
    if (set.size() < max_names) set.insert(text);
}

}  // namespace

template <class T>
T& Traces::entry(std::unordered_map<std::string, T>& map, std::deque<std::string>& order, const std::string& key) {
    if (const auto found = map.find(key); found != map.end()) return found->second;
    while (map.size() >= max_kept_ && !order.empty()) {
        map.erase(order.front());
        order.pop_front();
    }
    order.push_back(key);
    return map[key];
}

void Traces::met(const Person& person) {
    auto& names = entry(names_, names_order_, person.id);
    insert_bounded(names.dns, person.dn);
    for (const auto& login : person.logins) insert_bounded(names.logins, login);
}

void Traces::wrote(const std::string& group, const std::string& person, const Value& value) {
    auto& values = entry(pairs_, pairs_order_, pair_key(group, person));
    if (values.size() < max_names) values.insert(value);
}

void Traces::searched(const std::string& group, const std::string& person) { (void)entry(pairs_, pairs_order_, pair_key(group, person)); }

/// What was written is gone; that the group was searched stays true.
void Traces::proved_absent(const std::string& group, const std::string& person) {
    if (const auto found = pairs_.find(pair_key(group, person)); found != pairs_.end()) found->second.clear();
}

std::set<Value> Traces::written(const std::string& group, const std::string& person) const {
    const auto found = pairs_.find(pair_key(group, person));
    return found == pairs_.end() ? std::set<Value>{} : found->second;
}

bool Traces::is_known(const std::string& group, const std::string& person) const { return pairs_.contains(pair_key(group, person)); }

std::set<std::string> Traces::dns_of(const std::string& person) const {
    const auto found = names_.find(person);
    return found == names_.end() ? std::set<std::string>{} : found->second.dns;
}

std::set<std::string> Traces::logins_of(const std::string& person) const {
    const auto found = names_.find(person);
    return found == names_.end() ? std::set<std::string>{} : found->second.logins;
}

}  // namespace stint::directory_ldap
