// Answers as core types; see the header. A field is named in an error, its content never is.
#include "plugin_host/decode.hpp"

#include "log/log.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace stint::plugin_host {
namespace json = boost::json;

namespace {

constexpr std::size_t max_id = 512, max_login = 256, max_name = 1024, max_group_name = 4096, max_mail = 512, max_server = 512;
constexpr std::size_t max_word = 64, max_text = 4096, max_cursor = 8192;
constexpr std::size_t max_groups = 10'000, max_capabilities = 64;

[[noreturn]] void nonsense(std::string_view field, std::string_view what) {
    throw Fault(FaultKind::broken, "its `" + std::string(field) + "` " + std::string(what));
}

const json::value& field(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr) nonsense(key, "is missing");
    return *value;
}

std::string text(const json::value& value, std::string_view key, std::size_t limit) {
    if (!value.is_string()) nonsense(key, "is not a text");
    const json::string& found = value.get_string();
    if (found.size() > limit) nonsense(key, "is too long");
    return {found.data(), found.size()};
}

std::string text(const json::object& object, std::string_view key, std::size_t limit) { return text(field(object, key), key, limit); }

std::string some_text(const json::object& object, std::string_view key, std::size_t limit) {
    std::string found = text(object, key, limit);
    if (found.empty()) nonsense(key, "is empty");
    return found;
}

bool truth(const json::object& object, std::string_view key) {
    const json::value& value = field(object, key);
    if (!value.is_bool()) nonsense(key, "is not true or false");
    return value.get_bool();
}

const json::object& object_at(const json::object& object, std::string_view key) {
    const json::value& value = field(object, key);
    if (!value.is_object()) nonsense(key, "is not an object");
    return value.get_object();
}

const json::array& list_at(const json::object& object, std::string_view key, std::size_t limit) {
    const json::value& value = field(object, key);
    if (!value.is_array()) nonsense(key, "is not a list");
    if (value.get_array().size() > limit) nonsense(key, "has too many entries");
    return value.get_array();
}

const json::object& entry(const json::value& value, std::string_view list) {
    if (!value.is_object()) nonsense(list, "has an entry that is not an object");
    return value.get_object();
}

GroupRef group_ref(const json::object& object) {
    return {GroupId(some_text(object, "id", max_id)), GroupName(some_text(object, "name", max_group_name))};
}

Person member(const json::object& object) {
    Person person;
    person.ref.id = PersonId(some_text(object, "id", max_id));
    person.ref.login = Login(some_text(object, "login", max_login));
    person.ref.name = text(object, "name", max_name);
    person.ref.mail = text(object, "mail", max_mail);
    person.is_enabled = truth(object, "enabled");
    return person;
}

WriteAnswer write_answer(const json::object& result, std::string_view changed, std::string_view already) {
    WriteAnswer answer;
    const std::string outcome = text(result, "outcome", max_word);
    if (outcome != changed && outcome != already) nonsense("outcome", "is no word of the protocol");
    answer.outcome = outcome == changed ? WriteOutcome::changed : WriteOutcome::already_so;
    answer.server = text(result, "server", max_server);
    if (result.contains("present")) answer.read_back = ReadBack{truth(result, "present"), answer.server};
    return answer;
}

struct ReasonRow {
    int code;
    std::string_view reason;
    FaultKind kind;
};

constexpr std::array reasons = {
    ReasonRow{1, "unreachable", FaultKind::unreachable}, ReasonRow{2, "unknown_outcome", FaultKind::unknown_outcome},
    ReasonRow{3, "refused", FaultKind::refused},         ReasonRow{4, "not_found", FaultKind::not_found},
    ReasonRow{5, "not_allowed", FaultKind::not_allowed}, ReasonRow{6, "busy", FaultKind::busy},
};

// The reason must agree with the code: a bare 1 may be anything, and taking it for "nothing was sent" would be trust.
FaultKind kind_of(const wire::RpcError& error, Impact impact) {
    for (const ReasonRow& row : reasons) {
        if (row.code != error.code || row.reason != error.reason) continue;
        if (row.kind == FaultKind::unknown_outcome && impact == Impact::read) return FaultKind::broken;
        return row.kind;
    }
    return FaultKind::broken;
}

}  // namespace

Identity identity_from(const json::object& result) {
    Identity identity;
    identity.name = some_text(result, "name", max_word);
    identity.version = some_text(result, "version", max_word);
    identity.kind = some_text(result, "kind", max_word);
    const json::value& protocol = field(result, "protocol");
    if (!protocol.is_int64()) nonsense("protocol", "is not a whole number");
    identity.protocol = protocol.get_int64();
    for (const json::value& value : list_at(result, "capabilities", max_capabilities))
        identity.capabilities.push_back(text(value, "capabilities", max_word));
    return identity;
}

Person person_from(const json::object& result) {
    const json::object& object = object_at(result, "person");
    Person person = member(object);
    static_cast<void>(text(object, "manager", max_login));
    for (const json::value& value : list_at(object, "groups", max_groups)) {
        const json::object& group = entry(value, "groups");
        person.groups.push_back(group_ref(group));
        if (group.contains("indirect") && truth(group, "indirect")) person.indirect_groups.push_back(person.groups.back());
    }
    return person;
}

Group group_from(const json::object& result) {
    const json::object& object = object_at(result, "group");
    Group group;
    group.ref = group_ref(object);
    group.is_managed = truth(object, "managed");
    group.may_be_empty = truth(object, "may_be_empty");
    group.kind = text(object, "kind", max_name);
    return group;
}

MembersPage members_from(const json::object& result) {
    MembersPage page;
    for (const json::value& value : list_at(result, "members", members_page)) page.members.push_back(member(entry(value, "members")));
    if (result.contains("cursor")) page.cursor = some_text(result, "cursor", max_cursor);
    return page;
}

ReadBack read_back_from(const json::object& result) { return {truth(result, "present"), text(result, "server", max_server)}; }

WriteAnswer added_from(const json::object& result) { return write_answer(result, "added", "already_present"); }

WriteAnswer removed_from(const json::object& result) { return write_answer(result, "removed", "already_absent"); }

Ticket ticket_from(const json::object& result) {
    const json::object& object = object_at(result, "ticket");
    Ticket ticket;
    ticket.id = TicketId(some_text(object, "id", max_id));
    ticket.state = text(object, "state", max_word);
    ticket.assignee = Login(text(object, "assignee", max_login));
    ticket.subject = text(object, "subject", max_text);
    ticket.category = text(object, "category", max_name);
    ticket.affected = text(object, "affected", max_name);
    ticket.is_closed = truth(object, "closed");
    return ticket;
}

GroupId changed_group_from(const json::object& params) { return GroupId(some_text(params, "group", max_id)); }

Fault fault_from(const wire::RpcError& error, Impact impact, const std::string& what) {
    const FaultKind kind = kind_of(error, impact);
    std::string message = what + ": " + log::escaped(error.message);
    if (!error.detail.empty() && error.message.find(error.detail) == std::string::npos) message += " (" + log::escaped(error.detail) + ")";
    if (kind == FaultKind::broken)
        message += " [code " + std::to_string(error.code) + ", reason \"" + log::escaped(error.reason) + "\", which the protocol does not allow here]";
    return {kind, message, error.result_code};
}

}  // namespace stint::plugin_host
