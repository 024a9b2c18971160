// What one kind of directory server does differently, as one row of a table: how entries are named for good, which
// attribute holds members, who counts as disabled, what guards a write. Everybody else asks the row; nobody asks
// "is it Active Directory?". Knows no connection.
#pragma once

#include "plugins/directory-ldap/escape.hpp"
#include "plugins/directory-ldap/operation.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stint::directory_ldap {

struct GroupClass {
    std::string_view name, attribute;
    bool needs_a_value;  ///< the class refuses a group without members (65)
};

/// How an id stands in an entry, and how it is written for people and for the broker.
enum class IdForm {
    uuid,        ///< entryUUID (RFC 4530): 8-4-4-4-12 hex digits
    guid_bytes,  ///< objectGUID: 16 bytes, the first three fields little-endian (MS-DTYP 2.3.4)
    quads,       ///< nsUniqueId: 8-8-8-8 hex digits
};

/// What keeps a write from hitting an entry that was put in another's place.
enum class WriteGuard {
    assertion,  ///< the server compares the id before it writes (RFC 4528)
    address,    ///< the entry is addressed by its id
    post_read,  ///< the server tells the id of what it has written (RFC 4527); a wrong hit is taken back
};

/// How a person's groups are found out, those by way of another group included.
enum class Nesting {
    none,       ///< by searching for them; the server follows no nesting, so neither do we
    upward,     ///< by memberOf, level by level. A search for (member=…) reads every group of a domain, and the matching
                ///< rule 1.2.840.113556.1.4.1941 each member of each: a group of 5,000 stopped a server for 10 s
    member_of,  ///< by searching; the server keeps all in the person's memberOf, the nested ones too
};

struct Dialect {
    std::string_view flavour, title;       ///< as in the settings; for people to read
    std::string_view id_attribute;
    IdForm id_form;
    std::string_view login_attribute;      ///< unless the settings name another
    std::string_view person_filter;        ///< who is a person at all; "": whoever has a login
    std::span<const std::string_view> kinship_attributes;  ///< of a person, for memberships by way of something else
    std::span<const GroupClass> group_classes;
    WriteGuard guard;
    bool is_named_by_id;                   ///< <GUID=…> addresses an entry and is a member value; values follow renames
    bool has_values_filter;                ///< RFC 3876
    Nesting nesting;
    int absent_code;                       ///< besides 16: the answer to removing somebody who is no member; 0: no other
    int range_step;                        ///< a large attribute is read in ranges of so many values; 0: it comes whole
    std::string_view search_control;       ///< sent with each search; "": none
    std::span<const std::string_view> needed_controls;
    std::span<const std::string_view> capabilities;  ///< in the protocol's words
    Filter (*disabled)(std::chrono::system_clock::time_point now, const std::string& suffix);

    [[nodiscard]] std::string id_of(const Entry& entry) const;             ///< "" when it shows none
    [[nodiscard]] std::optional<std::string> checked_id(std::string_view text) const;  ///< in lower case; nullopt: no such id
    [[nodiscard]] Filter id_filter(const std::string& id) const;           ///< of a checked id
    [[nodiscard]] std::string name_of(const std::string& id, const std::string& dn) const;  ///< to address it, or as a value
    [[nodiscard]] std::string kinds_of_groups() const;                     ///< for people to read
};

/// A server as its root entry describes it.
struct Recognised {
    const Dialect* dialect = nullptr;
    std::string suffix;   ///< the naming context that holds the people
    std::string vendor;   ///< its own words, "" when it says nothing
};

/// The attributes of the root entry that `recognise` looks at.
[[nodiscard]] std::vector<std::string> root_attributes();
/// Throws std::runtime_error that says what was found: another flavour than the one in the settings ("auto" takes
/// any), no directory that is known, or one that lacks a control.
[[nodiscard]] Recognised recognise(const Entry& root, std::string_view flavour, std::string_view people_base);
[[nodiscard]] const Dialect* find_dialect(std::string_view flavour);  ///< nullptr: no such flavour
[[nodiscard]] std::string known_flavours();                           ///< "openldap", "active-directory", …

/// The SID of a group whose number stands in a person's primaryGroupID: the person's own, with that last number
/// (MS-DTYP 2.4.2.2). nullopt when the bytes are no SID.
[[nodiscard]] std::optional<std::string> primary_group_sid(std::string_view person_sid, std::string_view group_number);

}  // namespace stint::directory_ldap
