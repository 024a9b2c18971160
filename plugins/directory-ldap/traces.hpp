// What this process remembers of names: which values it wrote for whom, and under which names it met a person.
// A rename leaves the old name in the group, and then only memory knows whose it is. Bounded; forgetting is safe,
// since a membership that is not remembered is looked for in the whole group.
#pragma once

#include "plugins/directory-ldap/operation.hpp"
#include "plugins/directory-ldap/people.hpp"

#include <cstddef>
#include <deque>
#include <set>
#include <string>
#include <unordered_map>

namespace stint::directory_ldap {

class Traces {
public:
    explicit Traces(std::size_t max_kept = 100'000) : max_kept_(max_kept) {}

    void met(const Person& person);
    void wrote(const std::string& group, const std::string& person, const Value& value);
    void searched(const std::string& group, const std::string& person);  ///< the whole group, for old names
    void proved_absent(const std::string& group, const std::string& person);

    [[nodiscard]] std::set<Value> written(const std::string& group, const std::string& person) const;
    [[nodiscard]] bool is_known(const std::string& group, const std::string& person) const;  ///< written or searched
    [[nodiscard]] std::set<std::string> dns_of(const std::string& person) const;
    [[nodiscard]] std::set<std::string> logins_of(const std::string& person) const;

private:
    struct Names {
        std::set<std::string> dns, logins;
    };
    template <class T>
    T& entry(std::unordered_map<std::string, T>& map, std::deque<std::string>& order, const std::string& key);

    std::size_t max_kept_;
    std::unordered_map<std::string, Names> names_;            ///< by person
    std::unordered_map<std::string, std::set<Value>> pairs_;  ///< by group and person
    std::deque<std::string> names_order_, pairs_order_;
};

}  // namespace stint::directory_ldap
