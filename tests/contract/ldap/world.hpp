// A slapd and a directory-ldap that talks to it, with short words for what the tests do all the time.
#pragma once

#include "tests/contract/ldap/plugin_client.hpp"
#include "tests/contract/slapd.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stint::testing {

namespace json = boost::json;

/// Settings that work: LDAPS, bind by password, the fixture's groups managed.
[[nodiscard]] json::object settings_for(const Slapd& slapd, const std::vector<std::string>& servers);
[[nodiscard]] json::object settings_for(const Slapd& slapd);

/// One initialised plugin, asked in the protocol's words.
class LdapPlugin : public PluginClient {
public:
    explicit LdapPlugin(const json::object& settings, RunHow how = {}) : PluginClient(std::move(how)) { initialize(settings); }

    std::string person_id(const std::string& login) { return text(call("person", {{"login", login}}).at("person"), "id"); }
    std::string group_id(const std::string& name) { return text(call("group", {{"name", Slapd::group_dn(name)}}).at("group"), "id"); }
    json::object add(const std::string& group, const std::string& person) { return call("add", pair(group, person)); }
    json::object remove(const std::string& group, const std::string& person) { return call("remove", pair(group, person)); }
    bool is_member(const std::string& group, const std::string& person) { return call("read_back", pair(group, person)).at("present").as_bool(); }
    std::vector<std::string> member_logins(const std::string& group, int limit = 200);

    [[nodiscard]] static json::object pair(const std::string& group, const std::string& person) {
        return {{"group", group}, {"person", person}, {"ttl_s", 60}};
    }
    [[nodiscard]] static std::string text(const json::value& object, const std::string& key) {
        return std::string(object.as_object().at(key).as_string());
    }
};

[[nodiscard]] bool holds(const std::vector<std::string>& values, const std::string& wanted);

/// `{"outcome": …, "present": …}` of an answer, as one text: "added present".
[[nodiscard]] std::string told(const json::object& answer);

}  // namespace stint::testing
