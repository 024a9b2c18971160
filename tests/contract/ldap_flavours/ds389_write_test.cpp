// A write that hits another entry than the one that was looked for: 389 DS cannot prevent it, so it is taken back.
#include "plugins/directory-ldap/dialer.hpp"
#include "plugins/directory-ldap/reasons.hpp"
#include "plugins/sdk/plugin.hpp"
#include "tests/contract/ldap_flavours/ds389_servers.hpp"
#include "tests/contract/run_until.hpp"

#include <gtest/gtest.h>

namespace stint::testing {
namespace {

namespace ldap = directory_ldap;

/// What became of adding ada or taking ben away, told that the group must be `id`.
std::string written(ldap::ChangeKind kind, const std::string& login, const std::string& id) {
    boost::asio::io_context io;
    const auto dialer = std::make_shared<ldap::Dialer>(io.get_executor(), ldap::read_settings(settings_for(shared_ds389(), {"ehr-reset"})));
    const auto connection = run(io, dialer->dial());
    const auto* dialect = ldap::find_dialect("389ds");
    const ldap::Modify modify{.dn = Ds389::group_dn("ehr-reset"), .kind = kind, .values = {{"member", Ds389::person_dn(login)}},
                              .post_read = std::string(dialect->id_attribute)};
    std::string out;
    try {
        out = run(io, ldap::write(connection, modify, id, dialect)) == ldap::Written::changed ? "changed" : "already so";
    } catch (const ldap::EntryGone&) {
        out = "another entry";
    }
    connection->close("the test is over");
    dialer->stop();
    io.restart();
    io.run();
    return out;
}

TEST(Ds389Write, WhatHitAnotherGroupIsTakenBack) {
    auto& server = shared_ds389();
    server.empty();
    const auto dn = Ds389::group_dn("ehr-reset");
    for (const auto* login : {"ada", "ben"}) ASSERT_EQ(server.add_person(login, login), 0);
    ASSERT_EQ(server.add_group("ehr-reset", "groupOfNames", {{"member", Ds389::person_dn("ben")}}), 0);
    const std::vector<std::string> before = server.values(dn, "member");
    const std::string other = "00000000-00000000-00000000-00000000";
    EXPECT_EQ(written(ldap::ChangeKind::add, "ada", other), "another entry");
    EXPECT_EQ(server.values(dn, "member"), before) << "what was added is gone again";
    EXPECT_EQ(written(ldap::ChangeKind::remove, "ben", other), "another entry");
    EXPECT_EQ(server.values(dn, "member"), before) << "what was removed is there again";
    const auto id = ldap::find_dialect("389ds")->checked_id(server.values(dn, "nsUniqueId").at(0)).value();
    EXPECT_EQ(written(ldap::ChangeKind::add, "ada", id), "changed");
    EXPECT_EQ(written(ldap::ChangeKind::add, "ada", id), "already so");
    EXPECT_EQ(server.values(dn, "member").size(), 2U);
}

}  // namespace
}  // namespace stint::testing
