// What is remembered, what is forgotten, and that it stays bounded.
#include "plugins/directory-ldap/traces.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stint::directory_ldap {
namespace {

Person person(const std::string& id, const std::string& dn) {
    Person out;
    out.id = id;
    out.dn = dn;
    out.logins = {"login-of-" + id};
    return out;
}

TEST(Traces, RememberEveryNameOfAPerson) {
    Traces traces;
    traces.met(person("1", "uid=a"));
    traces.met(person("1", "uid=b"));
    EXPECT_EQ(traces.dns_of("1"), (std::set<std::string>{"uid=a", "uid=b"}));
    EXPECT_EQ(traces.logins_of("1"), (std::set<std::string>{"login-of-1"}));
    EXPECT_TRUE(traces.dns_of("2").empty());
}

TEST(Traces, TellWrittenFromSearched) {
    Traces traces;
    EXPECT_FALSE(traces.is_known("g", "1"));
    traces.searched("g", "1");
    EXPECT_TRUE(traces.is_known("g", "1"));
    EXPECT_TRUE(traces.written("g", "1").empty());
    traces.wrote("g", "1", {"member", "uid=a"});
    EXPECT_EQ(traces.written("g", "1").size(), 1U);
    EXPECT_TRUE(traces.written("h", "1").empty());
    traces.proved_absent("g", "1");
    EXPECT_TRUE(traces.written("g", "1").empty());
    EXPECT_TRUE(traces.is_known("g", "1"));
}

TEST(Traces, ForgetTheOldestFirst) {
    Traces traces(10);
    for (int i = 0; i < 25; ++i) {
        traces.met(person(std::to_string(i), "uid=x"));
        traces.searched("g", std::to_string(i));
    }
    EXPECT_FALSE(traces.is_known("g", "14"));
    EXPECT_TRUE(traces.is_known("g", "15"));
    EXPECT_TRUE(traces.dns_of("14").empty());
    EXPECT_FALSE(traces.dns_of("24").empty());
    for (int i = 0; i < 100; ++i) traces.met(person("24", "uid=" + std::to_string(i)));
    EXPECT_LE(traces.dns_of("24").size(), 16U);
}

}  // namespace
}  // namespace stint::directory_ldap
