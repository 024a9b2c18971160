// What every implementation of ports::Directory must do. One suite; each implementation brings a world and
// instantiates it:  INSTANTIATE_TEST_SUITE_P(Mine, DirectoryContract, testing::Values(WorldMaker{"mine", make}));
#pragma once

#include "ports/directory.hpp"
#include "tests/contract/run_until.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stint::testing {

/// A directory with known content, and its administrator, who acts behind the broker's back. In it are:
///   people  ada ("Ada Osei"), ben; cho, who is disabled; bulk0000, bulk0001 … (as many as asked for)
///   groups  helpdesk (ada, ben; not managed), ehr-reset (managed, nobody in it), domain-admins (not managed, without
///           ada), everyone (managed; every bulk person)
class DirectoryWorld {
public:
    virtual ~DirectoryWorld() = default;
    [[nodiscard]] virtual boost::asio::io_context& io() = 0;
    [[nodiscard]] virtual Directory& directory() = 0;
    /// As an administrator of this directory writes it.
    [[nodiscard]] virtual GroupName group_name(const std::string& plain) const = 0;

    /// False for a login that the schema of the managed groups cannot take.
    [[nodiscard]] virtual bool can_hold(const std::string& login) const { return !login.empty(); }

    virtual void add_person(const std::string& login) = 0;
    virtual void delete_person(const std::string& login) = 0;  ///< what names them in groups stays
    virtual void put_member(const std::string& group, const std::string& login) = 0;
    virtual void take_member(const std::string& group, const std::string& login) = 0;
    /// The truth, not through the port. Also for people who were deleted.
    [[nodiscard]] virtual bool is_member(const std::string& group, const std::string& login) = 0;
};

struct WorldMaker {
    std::string name;
    std::unique_ptr<DirectoryWorld> (*make)(int bulk_people);
};

[[nodiscard]] std::string bulk_login(int number);

class DirectoryContract : public ::testing::TestWithParam<WorldMaker> {
protected:
    void begin(int bulk_people = 0) { world_ = GetParam().make(bulk_people); }
    [[nodiscard]] DirectoryWorld& world() { return *world_; }
    [[nodiscard]] Directory& directory() { return world_->directory(); }
    template <class T>
    T run(boost::asio::awaitable<T> work) { return testing::run(world_->io(), std::move(work)); }
    /// The kind of fault, absent when there was none.
    template <class T>
    std::optional<FaultKind> fault_of(boost::asio::awaitable<T> work) {
        try {
            static_cast<void>(run(std::move(work)));
            return std::nullopt;
        } catch (const Fault& fault) {
            return fault.kind();
        }
    }

    [[nodiscard]] Person person(const std::string& login) { return run(directory().person_by_login(Login(login))); }
    [[nodiscard]] Group group(const std::string& plain) { return run(directory().group(world_->group_name(plain))); }
    [[nodiscard]] bool reads_back(const std::string& group_plain, const std::string& login);
    WriteAnswer add(const std::string& group_plain, const std::string& login);
    WriteAnswer remove(const std::string& group_plain, const std::string& login);
    [[nodiscard]] std::vector<std::string> member_logins(const std::string& group_plain);
    /// Adds or removes many people at once; how many calls were answered with `changed`.
    [[nodiscard]] int write_all(const std::string& group_plain, int people, bool is_add);

private:
    std::unique_ptr<DirectoryWorld> world_;
};

}  // namespace stint::testing
