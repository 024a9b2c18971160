// The directory in memory passes the suite, and breaks as it is told to.
#include "tests/contract/directory_contract.hpp"
#include "tests/simulation/fake_directory.hpp"

#include <map>

namespace stint::testing {
namespace {

using simulation::Delay;
using simulation::FakeCall;
using simulation::FakeDirectory;
using simulation::Fate;

class FakeWorld : public DirectoryWorld {
public:
    explicit FakeWorld(int bulk_people) {
        fake_.put_person("ada", "Ada Osei");
        fake_.put_person("ben", "Ben Mensah");
        fake_.put_person("cho", "Cho Park", false);
        for (const std::string name : {"ehr-reset", "everyone"}) fake_.put_group(name, true);
        for (const std::string name : {"helpdesk", "domain-admins"}) fake_.put_group(name, false);
        for (const std::string login : {"ada", "ben"}) fake_.put_member("helpdesk", login);
        for (int number = 0; number < bulk_people; ++number) {
            fake_.put_person(bulk_login(number), "Bulk");
            fake_.put_member("everyone", bulk_login(number));
        }
    }
    boost::asio::io_context& io() override { return io_; }
    Directory& directory() override { return fake_; }
    GroupName group_name(const std::string& plain) const override { return GroupName(plain); }
    void add_person(const std::string& login) override { fake_.put_person(login, login); }
    void delete_person(const std::string& login) override { fake_.delete_person(login); }
    void put_member(const std::string& group, const std::string& login) override { fake_.put_member(group, login); }
    void take_member(const std::string& group, const std::string& login) override { fake_.take_member(group, login); }
    bool is_member(const std::string& group, const std::string& login) override { return fake_.is_member(group, login); }

private:
    boost::asio::io_context io_;
    FakeDirectory fake_;
};

std::unique_ptr<DirectoryWorld> make(int bulk_people) { return std::make_unique<FakeWorld>(bulk_people); }

INSTANTIATE_TEST_SUITE_P(Fake, DirectoryContract, ::testing::Values(WorldMaker{"fake", make}), [](const auto& one) { return one.param.name; });

class FakeFates : public ::testing::Test {
protected:
    FakeFates() {
        fake.put_person("ada", "Ada");
        fake.put_group("g", true);
    }
    std::optional<FaultKind> add() { return fault_of(fake.add(GroupId("gid-g"), {PersonId("id-ada"), Login("ada"), "", ""}, Seconds(1))); }
    template <class T>
    std::optional<FaultKind> fault_of(boost::asio::awaitable<T> work) {
        try {
            static_cast<void>(run(io, std::move(work)));
            return std::nullopt;
        } catch (const Fault& fault) {
            return fault.kind();
        }
    }
    void pass(Delay length) {
        now += length;
        for (auto next = due.begin(); next != due.end() && next->first <= now; next = due.erase(next)) next->second();
    }

    boost::asio::io_context io;
    Delay now{0}, slept{0};
    std::multimap<Delay, std::function<void()>> due;
    Fate fate;
    FakeDirectory fake{{[this](const FakeCall&) { return fate; },
                        [this](Delay length) -> boost::asio::awaitable<void> {
                            slept += length;
                            co_return;
                        },
                        [this](Delay length, std::function<void()> what) { due.emplace(now + length, std::move(what)); }}};
};

TEST_F(FakeFates, each_does_what_it_says) {
    struct Row {
        Fate::Kind kind;
        std::optional<FaultKind> write, read;
        bool is_in_now, is_in_later;
    };
    for (const Row& row : {Row{Fate::Kind::answered, std::nullopt, std::nullopt, true, true}, Row{Fate::Kind::not_sent, FaultKind::unreachable, FaultKind::unreachable, false, false},
                           Row{Fate::Kind::refused, FaultKind::refused, FaultKind::refused, false, false}, Row{Fate::Kind::lost, FaultKind::unknown_outcome, FaultKind::unreachable, false, false},
                           Row{Fate::Kind::unanswered, FaultKind::unknown_outcome, FaultKind::unreachable, true, true},
                           Row{Fate::Kind::late, FaultKind::unknown_outcome, FaultKind::unreachable, false, true}}) {
        fake.take_member("g", "ada");
        fate = {.kind = row.kind, .late_by = std::chrono::seconds(5)};
        EXPECT_EQ(add(), row.write);
        EXPECT_EQ(fault_of(fake.read_back(GroupId("gid-g"), PersonRef{PersonId("id-ada"), {}, {}, {}})), row.read);
        EXPECT_EQ(fake.is_member("g", "ada"), row.is_in_now);
        pass(std::chrono::seconds(5));
        EXPECT_EQ(fake.is_member("g", "ada"), row.is_in_later);
    }
}

TEST_F(FakeFates, an_answer_may_lie_and_a_write_may_come_twice) {
    fate = {.late_by = std::chrono::seconds(5), .is_outcome_wrong = true, .is_doubled = true};
    EXPECT_EQ(run(io, fake.add(GroupId("gid-g"), {PersonId("id-ada"), Login("ada"), "", ""}, Seconds(1))).outcome, WriteOutcome::already_so);
    fake.take_member("g", "ada");
    pass(std::chrono::seconds(5));
    EXPECT_TRUE(fake.is_member("g", "ada"));
}

TEST_F(FakeFates, time_passes_through_the_hook_only) {
    fate = {.delay = std::chrono::hours(10)};
    EXPECT_EQ(add(), std::nullopt);
    EXPECT_EQ(slept, std::chrono::hours(10));
}

}  // namespace
}  // namespace stint::testing
