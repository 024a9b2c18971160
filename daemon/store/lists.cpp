// Effects and lists to JSON and back, with the library's own writer: these bytes are hashed by nobody.
#include "store/lists.hpp"

#include "core/texts.hpp"
#include "store/store.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace stint {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse() { throw StoreFault("the database holds a list or an effect that was never written by stint", false); }

std::string text(const json::value& value) {
    if (!value.is_string()) refuse();
    return {value.get_string().data(), value.get_string().size()};
}

const json::value& member(const json::object& object, std::string_view name) {
    const json::value* const found = object.if_contains(name);
    if (found == nullptr) refuse();
    return *found;
}

template <class T>
json::array array_of(const std::vector<T>& list) {
    json::array made;
    for (const T& one : list) made.emplace_back(std::string_view(one.value));
    return made;
}

template <class T>
std::vector<T> texts_of(const json::value& value) {
    if (!value.is_array()) refuse();
    std::vector<T> list;
    for (const json::value& one : value.get_array()) list.push_back(T{text(one)});
    return list;
}

json::value parse(std::string_view text) {
    json::parse_options options;
    options.max_depth = 5;
    options.allow_invalid_utf8 = true;  // names are kept as they came
    boost::system::error_code error;
    json::value value = json::parse(text, error, {}, options);
    if (error) refuse();
    return value;
}

json::object person_to_json(const PersonRef& person) {
    return {{"id", person.id.value}, {"login", person.login.value}, {"name", person.name}, {"mail", person.mail}};
}

PersonRef person_from_json(const json::value& value) {
    if (!value.is_object()) refuse();
    const json::object& object = value.get_object();
    return {PersonId(text(member(object, "id"))), Login(text(member(object, "login"))), text(member(object, "name")), text(member(object, "mail"))};
}

RequestId request_of(const json::object& object) {
    const json::value& id = member(object, "request");
    if (!id.is_int64()) refuse();
    return RequestId{id.get_int64()};
}

json::object to_json(const NotifyPeople& notify) {
    json::array persons;
    for (const PersonRef& person : notify.persons) persons.push_back(person_to_json(person));
    return {{"do", "notify"},        {"kind", to_text(notify.kind)}, {"request", notify.request.value}, {"groups", array_of(notify.groups)},
            {"persons", persons}, {"except", array_of(notify.except)}, {"finding", notify.finding.value}};
}

json::object to_json(const NoteTicket& note) {
    return {{"do", "note"}, {"ticket", note.ticket.value}, {"request", note.request.value}, {"text", note.text}};
}

NotifyPeople notify_from(const json::object& object) {
    const auto kind = from_text<NoticeKind>(text(member(object, "kind")));
    if (!kind) refuse();
    NotifyPeople notify{*kind, request_of(object), texts_of<GroupName>(member(object, "groups")), {}, texts_of<PersonId>(member(object, "except"))};
    if (const json::value* finding = object.if_contains("finding")) notify.finding = FindingId{finding->as_int64()};
    const json::value& persons = member(object, "persons");
    if (!persons.is_array()) refuse();
    for (const json::value& person : persons.get_array()) notify.persons.push_back(person_from_json(person));
    return notify;
}

}  // namespace

std::string list_to_json(const std::vector<std::string>& list) {
    json::array made;
    for (const std::string& one : list) made.emplace_back(std::string_view(one));
    return json::serialize(made);
}

std::vector<std::string> list_from_json(std::string_view text) { return texts_of<std::string>(parse(text)); }

std::string effect_to_json(const Effect& effect) {
    return json::serialize(std::visit([](const auto& one) { return to_json(one); }, effect));
}

Effect effect_from_json(std::string_view written) {
    const json::value value = parse(written);
    if (!value.is_object()) refuse();
    const json::object& object = value.get_object();
    const std::string what = text(member(object, "do"));
    if (what == "notify") return notify_from(object);
    if (what == "note") return NoteTicket{TicketId(text(member(object, "ticket"))), request_of(object), text(member(object, "text"))};
    refuse();
}

}  // namespace stint
