// The plugin in the protocol's words, for what only one kind of directory does.
#pragma once

#include "tests/contract/ldap/plugin_client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace stint::testing {

namespace json = boost::json;

class FlavourPlugin : public PluginClient {
public:
    explicit FlavourPlugin(const json::object& settings) : greeting_(initialize(settings)) {}

    [[nodiscard]] bool can(const std::string& capability) const {
        const auto& all = greeting_.at("capabilities").as_array();
        return std::ranges::find(all, json::value(capability)) != all.end();
    }
    json::object person(const std::string& login) { return call("person", {{"login", login}}).at("person").as_object(); }
    std::string person_id(const std::string& login) { return std::string(person(login).at("id").as_string()); }
    std::string group_id(const std::string& dn) { return std::string(call("group", {{"name", dn}}).at("group").at("id").as_string()); }
    bool is_enabled(const std::string& login) { return person(login).at("enabled").as_bool(); }
    /// Names in lower case; true: by way of something else.
    std::map<std::string, bool> groups_of(const std::string& login) {
        std::map<std::string, bool> out;
        const auto who = person(login);
        for (const auto& one : who.at("groups").as_array()) {
            std::string name(one.at("name").as_string());
            std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            out[name.substr(3, name.find(',') - 3)] = one.as_object().contains("indirect");
        }
        return out;
    }
    bool is_member(const std::string& group, const std::string& person) { return call("read_back", pair(group, person)).at("present").as_bool(); }
    std::string add(const std::string& group, const std::string& person) { return told(call("add", pair(group, person))); }
    std::string remove(const std::string& group, const std::string& person) { return told(call("remove", pair(group, person))); }
    std::vector<std::string> member_logins(const std::string& group) {
        std::vector<std::string> out;
        json::object params{{"group", group}, {"limit", 500}};
        while (true) {
            const auto page = call("members", params);
            for (const auto& one : page.at("members").as_array()) out.emplace_back(one.at("login").as_string());
            if (!page.contains("cursor")) break;
            params["cursor"] = page.at("cursor");
        }
        std::ranges::sort(out);
        return out;
    }
    [[nodiscard]] static json::object pair(const std::string& group, const std::string& person) {
        return {{"group", group}, {"person", person}, {"ttl_s", 60}};
    }

private:
    static std::string told(const json::object& answer) {
        return std::string(answer.at("outcome").as_string()) + (answer.at("present").as_bool() ? " present" : " absent");
    }
    json::object greeting_;
};

}  // namespace stint::testing
