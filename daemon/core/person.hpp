// A person and a group as the directory tells them now. Identity is the id; names are for reading.
#pragma once

#include "core/id.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stint {

struct GroupRef {
    GroupId id;
    GroupName name;
    friend auto operator<=>(const GroupRef&, const GroupRef&) = default;
};

/// Who somebody was when a record was written: kept with the record, never used to decide.
struct PersonRef {
    PersonId id;
    Login login;
    std::string name;
    std::string mail;  ///< "" when there is none
    friend auto operator<=>(const PersonRef&, const PersonRef&) = default;
};

/// A person as the directory tells them at this moment.
struct Person {
    PersonRef ref;
    bool is_enabled = false;
    std::vector<GroupRef> groups;
    /// Of `groups`, those that the person is in only by way of another group or as their primary one, where the
    /// directory can tell: taking the person out of them does nothing.
    std::vector<GroupRef> indirect_groups{};
};

/// A group as the directory tells it at this moment.
struct Group {
    GroupRef ref;
    bool is_managed = false;    ///< the directory plugin is willing to write its members
    bool may_be_empty = false;  ///< its schema allows no member at all
    std::string kind;           ///< the schema, for people to read
};

/// The groups that policy and roles name, as the directory resolved them. A name that is not here is a
/// group the directory does not know: nobody is in it. It never changes, so a copy is cheap: every command carries one.
class GroupIndex {
public:
    using Ids = std::map<GroupName, GroupId>;
    GroupIndex() : GroupIndex(Ids{}) {}
    explicit GroupIndex(Ids ids) : ids_(std::make_shared<const Ids>(std::move(ids))) {}
    [[nodiscard]] Ids::const_iterator find(const GroupName& name) const { return ids_->find(name); }
    [[nodiscard]] Ids::const_iterator end() const { return ids_->end(); }

private:
    std::shared_ptr<const Ids> ids_;
};

/// Is the person in one of these groups?
[[nodiscard]] bool is_in_any(const Person& person, const std::vector<GroupName>& groups, const GroupIndex& index);

}  // namespace stint
