// The fixture's settings in one place.
#include "tests/contract/ldap/world.hpp"

#include <algorithm>

namespace stint::testing {

json::object settings_for(const Slapd& slapd, const std::vector<std::string>& servers) {
    json::array urls, groups;
    for (const auto& url : servers) urls.emplace_back(url);
    for (const auto* name : {"ehr-reset", "lab-access", "unix-admins", "solo", "both", "forbidden", "bulk1"}) groups.emplace_back(Slapd::group_dn(name));
    json::object out;
    out["servers"] = urls;
    out["ca_file"] = Slapd::ca_file();
    out["bind_dn"] = Slapd::bind_dn();
    out["bind_password_file"] = slapd.password_file();
    out["people"] = json::object{{"base", "ou=people,dc=example,dc=test"}};
    out["managed_groups"] = groups;
    return out;
}

json::object settings_for(const Slapd& slapd) { return settings_for(slapd, {slapd.ldaps_url()}); }

std::vector<std::string> LdapPlugin::member_logins(const std::string& group, int limit) {
    std::vector<std::string> out;
    std::string cursor;
    do {
        json::object params{{"group", group}, {"limit", limit}};
        if (!cursor.empty()) params["cursor"] = cursor;
        const auto page = call("members", params);
        for (const auto& one : page.at("members").as_array()) out.push_back(text(one, "login"));
        const auto* next = page.if_contains("cursor");
        cursor = next == nullptr ? "" : std::string(next->as_string());
    } while (!cursor.empty());
    std::ranges::sort(out);
    return out;
}

bool holds(const std::vector<std::string>& values, const std::string& wanted) { return std::ranges::find(values, wanted) != values.end(); }

std::string told(const json::object& answer) {
    std::string out(answer.at("outcome").as_string());
    if (const auto* present = answer.if_contains("present"); present != nullptr) out += present->as_bool() ? " present" : " absent";
    return out;
}

}  // namespace stint::testing
