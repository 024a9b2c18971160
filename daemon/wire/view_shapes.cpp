// The views in JSON, described once for both directions: the writer and the reader walk the same list of
// fields, so they cannot disagree. Optional values that are absent are left out; texts and lists never are.
#include "wire/shapes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <concepts>
#include <type_traits>

namespace stint::wire {
namespace {

namespace json = boost::json;

// --- the fields -----------------------------------------------------------------------------------------------
// `View` is const when it is written, and not when it is read.
template <class View, class Plain>
concept Is = std::same_as<std::remove_const_t<View>, Plain>;

/// The views that stand alone as an answer or as a line of --json, and so tell the shape's version.
template <class View>
inline constexpr bool is_document = Is<View, WhoamiView> || Is<View, EntitlementView> || Is<View, RequestView> ||
                                    Is<View, FindingView> || Is<View, EventView>;

template <Is<PersonView> View, class F>
void each_field(View& v, F&& field) {
    field("login", v.login);
    field("name", v.name);
}

template <Is<WhoamiView> View, class F>
void each_field(View& v, F&& field) {
    field("person", v.person);
    field("id", v.id);
    field("roles", v.roles);
    field("groups", v.groups);
    field("acting", v.acting);
}

template <class Time>
struct DurationLimits {
    Time& standard;
    Time& max;
};

template <class Time, class F>
void each_field(const DurationLimits<Time>& v, F&& field) {
    field("default", v.standard);
    field("max", v.max);
}

template <Is<EntitlementView> View, class F>
void each_field(View& v, F&& field) {
    field("name", v.name);
    field("title", v.title);
    field("risk", v.risk);
    field("access", v.access);
    field("groups", v.groups);
    DurationLimits<std::remove_reference_t<decltype((v.max))>> duration{v.standard, v.max};
    field("duration", duration);
    field("ticket_required", v.is_ticket_required);
    field("verification", v.verification);
    field("approvals", v.approvals);
    field("may_request", v.may_request);
    field("may_break_glass", v.may_break_glass);
    field("break_glass_max", v.break_glass_max);
}

template <Is<ApprovalView> View, class F>
void each_field(View& v, F&& field) {
    field("stage", v.stage);
    field("approver", v.approver);
    field("approved", v.is_approval);
    field("at", v.at);
    field("comment", v.comment);
    field("shortened_to", v.shortened_to);
}

template <Is<StageView> View, class F>
void each_field(View& v, F&& field) {
    field("stage", v.stage);
    field("count", v.count);
    field("given", v.given);
    field("from", v.from);
    field("escalated", v.is_escalated);
    field("able", v.able);
}

template <Is<RuleView> View, class F>
void each_field(View& v, F&& field) {
    field("rule", v.rule);
    field("text", v.text);
}

template <Is<TicketView> View, class F>
void each_field(View& v, F&& field) {
    field("sight", v.sight);
    field("state", v.state);
    field("assignee", v.assignee);
}

template <Is<PreviewView> View, class F>
void each_field(View& v, F&& field) {
    field("ends_at", v.ends_at);
    field("ticket", v.ticket);
    field("rules", v.rules);
}

template <Is<MembershipView> View, class F>
void each_field(View& v, F&& field) {
    field("group", v.group);
    field("server", v.server);
    field("intended_at", v.intended_at);
    field("added_at", v.added_at);
    field("ready_at", v.ready_at);
    field("removal_intended_at", v.removal_intended_at);
    field("removed_at", v.removed_at);
    field("last_error", v.last_error);
    field("present", v.is_present);
    field("attempts", v.attempts);
}

template <Is<ReviewView> View, class F>
void each_field(View& v, F&& field) {
    field("state", v.state);
    field("due_at", v.due_at);
    field("reviewer", v.reviewer);
    field("done_at", v.done_at);
    field("comment", v.comment);
    field("incident", v.incident);
    field("reviewers", v.reviewers);
}

template <class View, class F>
void each_time(View& v, F&& field) {
    field("start_at", v.start_at);
    field("created_at", v.created_at);
    field("lapses_at", v.lapses_at);
    field("approved_at", v.approved_at);
    field("opened_at", v.opened_at);
    field("active_at", v.active_at);
    field("ready_at", v.ready_at);
    field("expires_at", v.expires_at);
    field("closing_at", v.closing_at);
    field("closed_at", v.closed_at);
    field("ended_at", v.ended_at);
}

template <Is<RequestView> View, class F>
void each_field(View& v, F&& field) {
    field("id", v.id);
    field("kind", v.kind);
    field("state", v.state);
    field("scheduled", v.is_scheduled);
    field("stuck", v.is_stuck);
    field("overdue", v.is_overdue);
    field("entitlement", v.entitlement);
    field("title", v.title);
    field("risk", v.risk);
    field("requester", v.requester);
    field("ticket", v.ticket);
    field("reason", v.reason);
    field("impact", v.impact);
    field("action", v.action);
    field("affected", v.affected);
    field("verified", v.verified);
    field("duration", v.duration);
    each_time(v, field);
    field("close_reason", v.close_reason);
    field("refusal", v.refusal);
    field("extends", v.extends);
    field("stages", v.stages);
    field("approvals", v.approvals);
    field("memberships", v.memberships);
    field("review", v.review);
    field("policy_hash", v.policy_hash);
    field("preview", v.preview);
    field("may", v.may);
}

template <Is<FindingView> View, class F>
void each_field(View& v, F&& field) {
    field("id", v.id);
    field("kind", v.kind);
    field("seen_at", v.seen_at);
    field("cleared_at", v.cleared_at);
    field("request", v.request);
    field("group", v.group);
    field("person", v.person);
    field("text", v.text);
}

template <Is<EventView> View, class F>
void each_field(View& v, F&& field) {
    field("seq", v.seq);
    field("at", v.at);
    field("type", v.type);
    field("request", v.request);
    field("actor", v.actor);
    field("entitlement", v.entitlement);
    field("ticket", v.ticket);
    field("entry", v.entry);
    field("disclosed", v.disclosed);
}

// --- writing --------------------------------------------------------------------------------------------------
using Disclosed = std::vector<std::pair<std::string, std::string>>;

json::value written(const std::string& text) { return json::value(json::string_view(text)); }
json::value written(bool is) { return json::value(is); }
json::value written(int number) { return json::value(number); }
json::value written(Seconds length) { return json::value(json::string_view(to_text(length))); }
json::value written(Utc time) { return json::value(json::string_view(to_rfc3339(time))); }

template <class Tag>
json::value written(Id<Tag> id) {
    return json::value(id.value);
}

json::value written(const Disclosed& pairs) {
    json::object object;
    for (const auto& [name, text] : pairs) object[name] = text;
    return object;
}

template <class View>
json::object write(View& view);

template <class View>
json::value written(const View& view) {
    return write(view);
}

template <class T>
json::value written(const std::vector<T>& list) {
    json::array array;
    array.reserve(list.size());
    for (const T& one : list) array.push_back(written(one));
    return array;
}

template <class View>
json::object write(View& view) {
    json::object object;
    if constexpr (is_document<View>) object["schema_version"] = schema_version;
    auto put = [&object]<class T>(std::string_view name, const T& value) {
        if constexpr (requires { value.has_value(); }) {
            if (value) object[name] = written(*value);
        } else {
            object[name] = written(value);
        }
    };
    each_field(view, put);
    return object;
}

// --- reading --------------------------------------------------------------------------------------------------
[[noreturn]] void refuse(std::string_view name, std::string_view what) {
    throw std::invalid_argument("the broker's answer has not the promised shape: `" + std::string(name) + "` " + std::string(what));
}

void read(std::string_view name, const json::value& from, std::string& to) {
    if (!from.is_string()) refuse(name, "is no text");
    to = std::string(std::string_view(from.get_string()));
}

void read(std::string_view name, const json::value& from, bool& to) {
    if (!from.is_bool()) refuse(name, "is neither true nor false");
    to = from.get_bool();
}

template <std::integral Number>
    requires(!std::same_as<Number, bool>)
void read(std::string_view name, const json::value& from, Number& to) {
    if (!from.is_int64() || !std::in_range<Number>(from.get_int64())) refuse(name, "is no whole number in range");
    to = static_cast<Number>(from.get_int64());
}

void read(std::string_view name, const json::value& from, Seconds& to) {
    std::string text;
    read(name, from, text);
    const auto length = parse_duration(text);
    if (!length) refuse(name, "is no duration");
    to = *length;
}

void read(std::string_view name, const json::value& from, Utc& to) {
    std::string text;
    read(name, from, text);
    const auto time = parse_rfc3339(text);
    if (!time) refuse(name, "is no time");
    to = *time;
}

template <class Tag>
void read(std::string_view name, const json::value& from, Id<Tag>& to) {
    read(name, from, to.value);
}

void read(std::string_view name, const json::value& from, Disclosed& to) {
    if (!from.is_object()) refuse(name, "is no object");
    for (const auto& [key, value] : from.get_object()) {
        std::string text;
        read(name, value, text);
        to.emplace_back(std::string(key), std::move(text));
    }
}

template <class View>
void read_object(const json::object& from, View& to);

template <class View>
    requires std::is_class_v<View>
void read(std::string_view name, const json::value& from, View& to) {
    if (!from.is_object()) refuse(name, "is no object");
    read_object(from.get_object(), to);
}

template <class T>
void read(std::string_view name, const json::value& from, std::vector<T>& to) {
    if (!from.is_array()) refuse(name, "is no list");
    for (const json::value& one : from.get_array()) read(name, one, to.emplace_back());
}

template <class View>
void read_object(const json::object& from, View& to) {
    auto take = [&from]<class T>(std::string_view name, T& value) {
        const json::value* found = from.if_contains(name);
        if constexpr (requires { value.has_value(); }) {
            if (found != nullptr && !found->is_null()) read(name, *found, value.emplace());
        } else {
            if (found == nullptr) refuse(name, "is missing");
            read(name, *found, value);
        }
    };
    each_field(to, take);
}

template <class View>
View from(const json::object& object) {
    View view;
    read_object(object, view);
    return view;
}

}  // namespace

json::object to_json(const PersonView& view) { return write(view); }
json::object to_json(const WhoamiView& view) { return write(view); }
json::object to_json(const EntitlementView& view) { return write(view); }
json::object to_json(const RequestView& view) { return write(view); }
json::object to_json(const FindingView& view) { return write(view); }
json::object to_json(const EventView& view) { return write(view); }

WhoamiView whoami_from(const json::object& object) { return from<WhoamiView>(object); }
EntitlementView entitlement_from(const json::object& object) { return from<EntitlementView>(object); }
RequestView request_from(const json::object& object) { return from<RequestView>(object); }
FindingView finding_from(const json::object& object) { return from<FindingView>(object); }
EventView event_from(const json::object& object) { return from<EventView>(object); }

}  // namespace stint::wire
