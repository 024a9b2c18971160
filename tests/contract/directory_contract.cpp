// The suite every directory passes; see the header. Nothing here may know which directory it is.
#include "tests/contract/directory_contract.hpp"

#include <algorithm>
#include <set>

namespace stint::testing {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DirectoryContract);

std::string bulk_login(int number) {
    const std::string digits = std::to_string(number);
    return "bulk" + std::string(4 - std::min<std::size_t>(4, digits.size()), '0') + digits;
}

bool DirectoryContract::reads_back(const std::string& group_plain, const std::string& login) {
    const ReadBack seen = run(directory().read_back(group(group_plain).ref.id, person(login).ref));
    EXPECT_FALSE(seen.server.empty());
    return seen.is_present;
}

WriteAnswer DirectoryContract::add(const std::string& group_plain, const std::string& login) {
    return run(directory().add(group(group_plain).ref.id, person(login).ref, Seconds(600)));
}

WriteAnswer DirectoryContract::remove(const std::string& group_plain, const std::string& login) {
    return run(directory().remove(group(group_plain).ref.id, person(login).ref));
}

std::vector<std::string> DirectoryContract::member_logins(const std::string& group_plain) {
    const GroupId id = group(group_plain).ref.id;
    std::vector<std::string> logins;
    std::optional<std::string> cursor;
    int pages = 0;
    do {
        MembersPage page = run(directory().members(id, cursor));
        EXPECT_LE(page.members.size(), 500U);
        for (const Person& member : page.members) logins.push_back(member.ref.login.value);
        cursor = page.cursor;
    } while (cursor && ++pages < 100);
    EXPECT_FALSE(cursor) << "the pages do not end";
    std::sort(logins.begin(), logins.end());
    return logins;
}

int DirectoryContract::write_all(const std::string& group_plain, int people, bool is_add) {
    const GroupId id = group(group_plain).ref.id;
    std::vector<PersonRef> refs;
    for (int number = 0; number < people; ++number) refs.push_back(person(bulk_login(number)).ref);
    int done = 0, changed = 0;
    for (const PersonRef& ref : refs) {
        auto work = is_add ? directory().add(id, ref, Seconds(600)) : directory().remove(id, ref);
        boost::asio::co_spawn(world().io(), std::move(work), [&](std::exception_ptr error, const WriteAnswer& answer) {
            ++done;
            if (!error && answer.outcome == WriteOutcome::changed) ++changed;
            try {
                if (error) std::rethrow_exception(error);
            } catch (const std::exception& fault) {
                ADD_FAILURE() << fault.what();
            }
        });
    }
    EXPECT_TRUE(run_until(world().io(), [&] { return done == people; }));
    return changed;
}

namespace {

TEST_P(DirectoryContract, a_person_is_found_by_login_and_by_id) {
    begin();
    const Person ada = person("ada");
    EXPECT_EQ(ada.ref.login, Login("ada"));
    EXPECT_EQ(ada.ref.name, "Ada Osei");
    EXPECT_FALSE(ada.ref.mail.empty());
    EXPECT_TRUE(ada.is_enabled);
    const Person again = run(directory().person_by_id(ada.ref.id));
    EXPECT_EQ(again.ref, ada.ref);
    EXPECT_NE(person("ben").ref.id, ada.ref.id);
}

TEST_P(DirectoryContract, groups_are_told_with_the_ids_that_group_tells) {
    begin();
    const GroupRef helpdesk = group("helpdesk").ref, owners = group("domain-admins").ref;
    const Person ada = person("ada"), cho = person("cho");
    const auto has = [](const Person& who, const GroupRef& what) {
        return std::any_of(who.groups.begin(), who.groups.end(), [&](const GroupRef& one) { return one.id == what.id; });
    };
    EXPECT_TRUE(has(ada, helpdesk));
    EXPECT_FALSE(has(ada, owners));
    EXPECT_FALSE(has(cho, helpdesk));
    const Person by_id = run(directory().person_by_id(ada.ref.id));
    EXPECT_TRUE(has(by_id, helpdesk));
}

TEST_P(DirectoryContract, a_login_is_somebodys_letter_for_letter) {
    begin();
    for (const std::string login : {"Ada", "ADA", " ada", "ada ", "a da"}) {
        EXPECT_EQ(fault_of(directory().person_by_login(Login(login))), FaultKind::not_found) << '"' << login << '"';
    }
}

TEST_P(DirectoryContract, nobody_is_not_found) {
    begin();
    EXPECT_EQ(fault_of(directory().person_by_login(Login("nobody-at-all"))), FaultKind::not_found);
    EXPECT_EQ(fault_of(directory().person_by_id(PersonId("no-such-id"))), FaultKind::not_found);
    EXPECT_EQ(fault_of(directory().person_by_id(PersonId("5717e000-0000-4000-8000-00000000ffff"))), FaultKind::not_found);
}

TEST_P(DirectoryContract, a_disabled_person_is_told_as_disabled) {
    begin();
    const Person cho = person("cho");
    EXPECT_FALSE(cho.is_enabled);
    EXPECT_FALSE(run(directory().person_by_id(cho.ref.id)).is_enabled);
    world().put_member("ehr-reset", "cho");
    const MembersPage page = run(directory().members(group("ehr-reset").ref.id, std::nullopt));
    ASSERT_EQ(page.members.size(), 1U);
    EXPECT_FALSE(page.members[0].is_enabled);
}

TEST_P(DirectoryContract, a_group_is_known_by_its_name_and_says_whether_it_is_managed) {
    begin();
    const Group managed = group("ehr-reset"), other = group("helpdesk");
    EXPECT_FALSE(managed.ref.id.empty());
    EXPECT_NE(managed.ref.id, other.ref.id);
    EXPECT_EQ(managed.ref.name, world().group_name("ehr-reset"));
    EXPECT_TRUE(managed.is_managed);
    EXPECT_FALSE(other.is_managed);
    EXPECT_FALSE(managed.kind.empty());
}

TEST_P(DirectoryContract, a_group_that_is_not_there_is_not_found) {
    begin();
    const PersonRef ada = person("ada").ref;
    EXPECT_EQ(fault_of(directory().group(world().group_name("no-such-group"))), FaultKind::not_found);
    for (const std::string id : {"no-such-id", "5717e000-0000-4000-8000-00000000ffff"}) {
        EXPECT_EQ(fault_of(directory().members(GroupId(id), std::nullopt)), FaultKind::not_found) << id;
        EXPECT_EQ(fault_of(directory().read_back(GroupId(id), ada)), FaultKind::not_found) << id;
        const auto added = fault_of(directory().add(GroupId(id), ada, Seconds(60)));
        EXPECT_TRUE(added == FaultKind::not_found || added == FaultKind::not_allowed) << id;
        const auto removed = fault_of(directory().remove(GroupId(id), ada));
        EXPECT_TRUE(removed == FaultKind::not_found || removed == FaultKind::not_allowed) << id;
    }
}

TEST_P(DirectoryContract, adding_twice_is_told_apart_and_harmless) {
    begin();
    EXPECT_FALSE(reads_back("ehr-reset", "ada"));
    const WriteAnswer first = add("ehr-reset", "ada");
    EXPECT_EQ(first.outcome, WriteOutcome::changed);
    EXPECT_FALSE(first.server.empty());
    EXPECT_TRUE(first.read_back.value_or(ReadBack{true, ""}).is_present);
    EXPECT_TRUE(world().is_member("ehr-reset", "ada"));
    EXPECT_TRUE(reads_back("ehr-reset", "ada"));
    const WriteAnswer second = add("ehr-reset", "ada");
    EXPECT_EQ(second.outcome, WriteOutcome::already_so);
    EXPECT_TRUE(second.read_back.value_or(ReadBack{true, ""}).is_present);
    EXPECT_TRUE(reads_back("ehr-reset", "ada"));
    EXPECT_EQ(member_logins("ehr-reset"), std::vector<std::string>{"ada"});
}

TEST_P(DirectoryContract, removing_twice_is_told_apart_and_harmless) {
    begin();
    add("ehr-reset", "ada");
    add("ehr-reset", "ben");
    const WriteAnswer first = remove("ehr-reset", "ada");
    EXPECT_EQ(first.outcome, WriteOutcome::changed);
    EXPECT_FALSE(first.read_back.value_or(ReadBack{false, ""}).is_present);
    EXPECT_FALSE(world().is_member("ehr-reset", "ada"));
    EXPECT_FALSE(reads_back("ehr-reset", "ada"));
    const WriteAnswer second = remove("ehr-reset", "ada");
    EXPECT_EQ(second.outcome, WriteOutcome::already_so);
    EXPECT_FALSE(second.read_back.value_or(ReadBack{false, ""}).is_present);
    EXPECT_EQ(member_logins("ehr-reset"), std::vector<std::string>{"ben"});
    EXPECT_EQ(remove("ehr-reset", "ben").outcome, WriteOutcome::changed);  // the last one, too
    EXPECT_EQ(member_logins("ehr-reset"), std::vector<std::string>{});
}

TEST_P(DirectoryContract, what_others_change_is_seen_at_once) {
    begin();
    world().put_member("ehr-reset", "ben");
    EXPECT_TRUE(reads_back("ehr-reset", "ben"));
    EXPECT_EQ(add("ehr-reset", "ben").outcome, WriteOutcome::already_so);
    world().take_member("ehr-reset", "ben");
    EXPECT_FALSE(reads_back("ehr-reset", "ben"));
    EXPECT_EQ(remove("ehr-reset", "ben").outcome, WriteOutcome::already_so);
    add("ehr-reset", "ada");
    world().take_member("ehr-reset", "ada");
    EXPECT_FALSE(reads_back("ehr-reset", "ada"));
    world().add_person("newcomer");
    EXPECT_EQ(person("newcomer").ref.login, Login("newcomer"));
    EXPECT_EQ(add("ehr-reset", "newcomer").outcome, WriteOutcome::changed);
    EXPECT_TRUE(world().is_member("ehr-reset", "newcomer"));
}

TEST_P(DirectoryContract, read_back_and_members_and_the_truth_agree_through_any_history) {
    begin(6);
    unsigned state = 20261123;  // a fixed story
    const auto draw = [&state](unsigned below) { return (state = state * 1664525U + 1013904223U) / 65536U % below; };
    std::set<std::string> wanted;
    for (int step = 0; step < 60; ++step) {
        const std::string login = bulk_login(static_cast<int>(draw(6)));
        const bool was_in = wanted.contains(login);
        switch (draw(4)) {
            case 0: EXPECT_EQ(add("ehr-reset", login).outcome, was_in ? WriteOutcome::already_so : WriteOutcome::changed); wanted.insert(login); break;
            case 1: EXPECT_EQ(remove("ehr-reset", login).outcome, was_in ? WriteOutcome::changed : WriteOutcome::already_so); wanted.erase(login); break;
            case 2: if (!was_in) world().put_member("ehr-reset", login); wanted.insert(login); break;
            default: if (was_in) world().take_member("ehr-reset", login); wanted.erase(login); break;
        }
        ASSERT_EQ(world().is_member("ehr-reset", login), wanted.contains(login)) << step;
        ASSERT_EQ(reads_back("ehr-reset", login), wanted.contains(login)) << step;
        ASSERT_EQ(member_logins("ehr-reset"), std::vector<std::string>(wanted.begin(), wanted.end())) << step;
    }
}

TEST_P(DirectoryContract, twelve_hundred_members_come_in_pages_each_once) {
    constexpr int many = 1'200;
    begin(many);
    const std::vector<std::string> logins = member_logins("everyone");
    ASSERT_EQ(logins.size(), static_cast<std::size_t>(many));
    for (int number = 0; number < many; ++number) ASSERT_EQ(logins[static_cast<std::size_t>(number)], bulk_login(number));
    EXPECT_TRUE(reads_back("everyone", bulk_login(many - 1)));
    EXPECT_FALSE(reads_back("everyone", "ada"));
    EXPECT_EQ(add("everyone", "ada").outcome, WriteOutcome::changed);
    EXPECT_EQ(remove("everyone", bulk_login(600)).outcome, WriteOutcome::changed);
    EXPECT_EQ(member_logins("everyone").size(), static_cast<std::size_t>(many));
}

TEST_P(DirectoryContract, a_cursor_that_was_never_given_is_refused_or_the_start) {
    begin(3);
    const GroupId id = group("everyone").ref.id;
    for (const std::string cursor : {"nonsense", "-1", "99999999999999999999"}) {
        try {
            EXPECT_LE(run(directory().members(id, cursor)).members.size(), 3U);
        } catch (const Fault& fault) {
            EXPECT_NE(fault.kind(), FaultKind::unknown_outcome) << fault.what();
        }
    }
    EXPECT_EQ(member_logins("everyone").size(), 3U);  // and it still lives
}

TEST_P(DirectoryContract, a_group_that_is_not_managed_is_never_written) {
    begin();
    for (const std::string name : {"helpdesk", "domain-admins"}) {
        const GroupId id = group(name).ref.id;
        EXPECT_EQ(fault_of(directory().add(id, person("cho").ref, Seconds(60))), FaultKind::not_allowed) << name;
        EXPECT_EQ(fault_of(directory().remove(id, person("ada").ref)), FaultKind::not_allowed) << name;
        EXPECT_FALSE(world().is_member(name, "cho"));
    }
    EXPECT_TRUE(world().is_member("helpdesk", "ada"));
}

TEST_P(DirectoryContract, nobody_is_added_who_does_not_exist) {
    begin();
    for (const std::string id : {"no-such-id", "5717e000-0000-4000-8000-00000000ffff"})
        EXPECT_EQ(fault_of(directory().add(group("ehr-reset").ref.id, {PersonId(id), Login("ghost"), "Ghost", ""}, Seconds(60))), FaultKind::not_found);
    EXPECT_EQ(member_logins("ehr-reset"), std::vector<std::string>{});
    EXPECT_FALSE(world().is_member("ehr-reset", "ghost"));
}

TEST_P(DirectoryContract, two_hundred_people_are_added_and_removed_at_once) {
    constexpr int many = 200;
    begin(many);
    EXPECT_EQ(write_all("ehr-reset", many, true), many);
    for (int number = 0; number < many; ++number) ASSERT_TRUE(world().is_member("ehr-reset", bulk_login(number))) << number;
    EXPECT_EQ(write_all("ehr-reset", many, true), 0);
    EXPECT_EQ(member_logins("ehr-reset").size(), static_cast<std::size_t>(many));
    EXPECT_EQ(write_all("ehr-reset", many, false), many);
    EXPECT_EQ(member_logins("ehr-reset"), std::vector<std::string>{});
    EXPECT_EQ(write_all("ehr-reset", many, false), 0);
}

TEST_P(DirectoryContract, someone_who_vanished_can_still_be_taken_out) {
    begin(2);
    const PersonRef gone = person(bulk_login(0)).ref;
    const GroupId id = group("ehr-reset").ref.id;
    add("ehr-reset", bulk_login(0));
    add("ehr-reset", bulk_login(1));
    world().delete_person(bulk_login(0));
    EXPECT_EQ(fault_of(directory().person_by_login(gone.login)), FaultKind::not_found);
    EXPECT_EQ(fault_of(directory().remove(id, gone)), std::nullopt);
    EXPECT_FALSE(world().is_member("ehr-reset", bulk_login(0)));
    EXPECT_EQ(member_logins("ehr-reset"), std::vector<std::string>{bulk_login(1)});
    try {
        EXPECT_FALSE(run(directory().read_back(id, gone)).is_present);
    } catch (const Fault& fault) {
        EXPECT_EQ(fault.kind(), FaultKind::not_found) << fault.what();
    }
    EXPECT_EQ(fault_of(directory().remove(id, gone)), std::nullopt);  // again is harmless
}

TEST_P(DirectoryContract, a_login_is_never_a_pattern_or_a_filter) {
    begin();
    using namespace std::string_literals;
    for (const std::string& login : {"*"s, "a*"s, "ad?"s, ")(uid=*"s, "ada)(objectClass=*"s, "*)(|(uid=*"s, "ada\\2a"s, "\\61da"s, "uid=ada"s, "ada,ou=people"s, "ada#"s, "../ada"s,
                                     "ada' OR '1'='1"s, "ada\"; DROP"s, "%s%n"s, "ada;ben"s, std::string(200, '*')}) {
        EXPECT_EQ(fault_of(directory().person_by_login(Login(login))), FaultKind::not_found) << login;
    }
    for (const std::string& login : {""s, "ada\0"s, "a\0da"s, "\0"s, "ada\n"s, "\x1b[2J"s, "\xFF\xFE"s, "ad\xC0\xA1"s, std::string(100'000, 'a')}) {
        const auto kind = fault_of(directory().person_by_login(Login(login)));
        EXPECT_TRUE(kind == FaultKind::not_found || kind == FaultKind::refused) << login.size();
    }
    EXPECT_EQ(person("ada").ref.login, Login("ada"));  // and it still lives
}

TEST_P(DirectoryContract, odd_logins_that_are_real_are_found_and_written) {
    begin();
    for (const std::string login : {"zoë", "two words", "o'neil", "太郎", "a+b=c", "star*light", "par(en)s", "back\\slash", "co,mma", "#hash"}) {
        if (!world().can_hold(login)) continue;
        world().add_person(login);
        const Person found = person(login);
        EXPECT_EQ(found.ref.login, Login(login));
        EXPECT_EQ(add("ehr-reset", login).outcome, WriteOutcome::changed) << login;
        EXPECT_TRUE(world().is_member("ehr-reset", login)) << login;
        EXPECT_EQ(member_logins("ehr-reset"), std::vector<std::string>{login});
        EXPECT_EQ(remove("ehr-reset", login).outcome, WriteOutcome::changed) << login;
        EXPECT_FALSE(world().is_member("ehr-reset", login)) << login;
    }
    EXPECT_EQ(fault_of(directory().person_by_login(Login("star*"))), FaultKind::not_found);
}

TEST_P(DirectoryContract, a_group_name_is_never_a_pattern_or_a_path) {
    begin();
    using namespace std::string_literals;
    for (const std::string& name : {"*"s, ""s, "ehr-reset\0"s, "\n"s, "../ehr-reset"s, "cn=*"s, ")(cn=*"s, "\xFF"s, std::string(100'000, 'g')}) {
        const auto kind = fault_of(directory().group(GroupName(name)));
        EXPECT_TRUE(kind == FaultKind::not_found || kind == FaultKind::refused) << name.substr(0, 40);
    }
    EXPECT_TRUE(group("ehr-reset").is_managed);
}

}  // namespace
}  // namespace stint::testing
